import { EventEmitter } from 'node:events';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { WebPreferences } from 'electron';
import { attachPage, preparePage, type AttachedPage } from './attached-page.ts';
import { browser } from './browser.ts';
import type { Session as PageSession } from './chromium.ts';
import { IpcMain } from './ipc.ts';
import { nativeTheme } from './native-theme.ts';
import { encode } from './node-codec.ts';
import { PageMessages } from './page-messages.ts';
import { answerRequest } from './page-requests.ts';
import { isolatedWorld } from './page-scripts.ts';
import { hub, type MessagePortMain } from './ports.ts';
import { preventable, record } from './recorded.ts';
import { fromReal, toReal } from './schemes.ts';
import { defaultSession } from './session.ts';
import { WebFrameMain, type PageWindow } from './web-frame.ts';

export const allContents = new Map<number, WebContents>();

interface WindowRequest {
  readonly url: string;
  readonly frameName: string;
  readonly features: string;
}

/** A page: real Chromium, with the preload script in Electron's isolated world. */
export class WebContents extends EventEmitter {
  static #count = 0;
  readonly id: number;
  readonly session = defaultSession;
  readonly ipc = new IpcMain();
  readonly mainFrame: WebFrameMain;
  readonly #window: PageWindow;
  readonly #preload: string | undefined;
  readonly #words: readonly string[];
  readonly #messages: PageMessages;
  readonly #attached: Promise<PageSession>;
  /** Addresses that the main process itself is about to load. */
  readonly #expected = new Set<string>();
  #target: AttachedPage | null = null;
  #isolatedContext: number | null = null;
  #url = '';
  #title = '';
  #painted = false;
  #destroyed = false;
  #openHandler: ((request: WindowRequest) => { readonly action: string }) | null = null;

  constructor(window: PageWindow, preferences: WebPreferences) {
    super();
    this.setMaxListeners(0);
    WebContents.#count += 1;
    this.id = WebContents.#count;
    this.#window = window;
    this.#preload = preferences.preload;
    this.#words = preferences.additionalArguments ?? [];
    this.mainFrame = new WebFrameMain(this);
    this.#messages = new PageMessages(this);
    if (preferences.sandbox === false || preferences.nodeIntegration === true || preferences.contextIsolation === false) {
      throw new Error('stand-in: only sandbox: true, contextIsolation: true, nodeIntegration: false');
    }
    if (this.#preload !== undefined && !isAbsolute(this.#preload)) throw new Error('preload script must have absolute path');
    allContents.set(this.id, this);
    this.#attached = this.#attach();
    this.#attached.catch((error: unknown) => {
      if (!this.#destroyed) console.error('[stand-in]', error);
    });
  }

  send(channel: string, ...words: unknown[]): void {
    if (typeof channel !== 'string') throw new TypeError('Missing required channel argument');
    const text = encode(words);
    if (this.#destroyed) throw new TypeError('Object has been destroyed');
    this._tell('send', channel, text, []);
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    const text = encode([message]);
    const ids = transfer.map((port) => hub.give(port));
    this._tell('send', channel, text, ids);
    for (const id of ids) hub.moveTo(id, this.#messages.owner);
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#attached;
    const real = new URL(toReal(url)).href;
    this.#expected.add(real.replace(/#.*$/, ''));
    this.emit('did-start-loading');
    const loaded = new Promise<void>((resolve) => {
      page.on('Page.loadEventFired', () => resolve());
      this.once('destroyed', resolve);
    });
    const { errorText } = await page.send('Page.navigate', { url: real });
    if (errorText !== undefined) {
      this.emit('did-fail-load', {}, -2, errorText, url, true);
      throw Object.assign(new Error(`${errorText} (-2) loading '${url}'`), { code: errorText.replace('net::', ''), url });
    }
    await loaded;
  }

  loadFile(path: string): Promise<void> {
    return this.loadURL(pathToFileURL(path).href);
  }

  getURL(): string {
    return this.#url;
  }

  getTitle(): string {
    return this.#title;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  isFocused(): boolean {
    return this.#window.isFocused();
  }

  reload(): void {
    void this.#target?.page.send('Page.reload').catch(() => undefined);
  }

  openDevTools(): void {
    record('webContents.openDevTools');
  }

  setWindowOpenHandler(handler: (request: WindowRequest) => { readonly action: string }): void {
    this.#openHandler = handler;
  }

  async executeJavaScript(expression: string): Promise<unknown> {
    const page = await this.#attached;
    const asked = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await page.send('Runtime.evaluate', asked);
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as unknown;
  }

  close(): void {
    const targetId = this.#target?.targetId;
    if (targetId === undefined) return;
    void browser().then(({ chromium }) => chromium.browser.send('Target.closeTarget', { targetId }).catch(() => undefined));
  }

  get _devToolsTarget(): string | undefined {
    return this.#target?.targetId;
  }

  /** A message to the preload script's world; lost, as in Electron, where no page listens. */
  _tell(...message: unknown[]): void {
    if (this.#isolatedContext === null || this.#target === null || this.#destroyed) return;
    const call = {
      functionDeclaration: 'function (text) { standinReceive(text); }',
      executionContextId: this.#isolatedContext,
      arguments: [{ value: JSON.stringify(message) }],
    };
    this.#target.page.send('Runtime.callFunctionOn', call).then(
      ({ exceptionDetails }) => {
        if (exceptionDetails !== undefined)
          console.error('[stand-in] page:', exceptionDetails.exception?.description ?? exceptionDetails.text);
      },
      () => undefined,
    );
  }

  /** Whether a document is loaded by the main process, or is a redirection of such a load, and not a navigation of the page. */
  _isExpected({
    request,
    frameId,
    redirectedRequestId,
  }: {
    request: { url: string };
    frameId: string;
    redirectedRequestId?: string;
  }): boolean {
    return frameId !== this.#target?.frameId || this.#expected.delete(request.url) || redirectedRequestId !== undefined;
  }

  _askForWindow(request: WindowRequest): void {
    const decision = this.#openHandler?.(request);
    if (decision?.action !== 'deny') console.error('[stand-in] setWindowOpenHandler must deny: child windows are not modelled');
  }

  _preloadFailed(error: Error): void {
    this.emit('preload-error', {}, this.#preload, error);
  }

  _themeChanged(): void {
    const features = [{ name: 'prefers-color-scheme', value: nativeTheme.shouldUseDarkColors ? 'dark' : 'light' }];
    void this.#target?.page.send('Emulation.setEmulatedMedia', { features }).catch(() => undefined);
  }

  _resize(): void {
    void this.#attached.then(
      async (page) => {
        const { windowId } = await page.send('Browser.getWindowForTarget');
        const { width, height } = this.#window.getBounds();
        await page.send('Browser.setWindowBounds', { windowId, bounds: { width, height } });
      },
      () => undefined,
    );
  }

  _gone(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    allContents.delete(this.id);
    hub.drop(this.#messages.owner);
    this.emit('destroyed');
    this.#window._pageGone();
  }

  async #attach(): Promise<PageSession> {
    const { chromium } = await browser();
    const attached = await attachPage(this.#window.getBounds());
    this.#target = attached;
    chromium.browser.on('Target.targetDestroyed', ({ targetId }) => {
      if (targetId === attached.targetId) this._gone();
    });
    this.#follow(attached.page);
    await preparePage(attached.page, { preload: this.#preload, words: this.#words, failed: this._preloadFailed.bind(this) });
    this._themeChanged();
    return attached.page;
  }

  #follow(page: PageSession): void {
    page.on('Runtime.executionContextCreated', ({ context }) => {
      const { frameId } = (context.auxData ?? {}) as { frameId?: string };
      if (context.name === isolatedWorld && frameId === this.#target?.frameId) this.#isolatedContext = context.id;
    });
    page.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (executionContextId === this.#isolatedContext) this.#isolatedContext = null;
    });
    page.on('Runtime.executionContextsCleared', () => {
      this.#isolatedContext = null;
      hub.drop(this.#messages.owner);
    });
    page.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === 'standinWire') this.#messages.receive(JSON.parse(payload) as unknown[]);
    });
    page.on('Debugger.paused', ({ callFrames: [top] }) => {
      const answered = top?.functionName === 'standinSync' ? this.#messages.answerStopped(page, top.callFrameId) : Promise.resolve();
      void answered.finally(() => void page.send('Debugger.resume').catch(() => undefined));
    });
    page.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId !== undefined || frame.unreachableUrl !== undefined) return;
      this.#url = fromReal(frame.url + (frame.urlFragment ?? ''));
      this.emit('did-navigate', {}, this.#url, 200, '');
    });
    page.on('Page.domContentEventFired', () => this.emit('dom-ready', {}));
    page.on('Page.lifecycleEvent', ({ name }) => {
      if (name === 'firstPaint' || name === 'firstContentfulPaint') this.#paint();
    });
    page.on('Page.loadEventFired', () => void this.#loaded());
    page.on('Inspector.targetCrashed', () => this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 }));
    page.on('Fetch.requestPaused', (held) => void answerRequest(this, page, held));
  }

  async #loaded(): Promise<void> {
    this.emit('did-finish-load', {});
    const title = String(await this.executeJavaScript('document.title').catch(() => ''));
    if (title !== '' && title !== this.#title) {
      this.#title = title;
      const event = preventable();
      this.#window.emit('page-title-updated', event, title, true);
      if (!event.defaultPrevented) this.#window.setTitle(title);
    }
    // A page that paints nothing is shown all the same.
    setTimeout(() => this.#paint(), 50);
  }

  #paint(): void {
    if (this.#painted || this.#url === '' || this.#url === 'about:blank') return;
    this.#painted = true;
    this.#window.emit('ready-to-show');
  }
}

nativeTheme.on('updated', () => {
  for (const contents of allContents.values()) contents._themeChanged();
});

export const webContents = {
  getAllWebContents: (): WebContents[] => [...allContents.values()],
  fromId: (id: number): WebContents | undefined => allContents.get(id),
  fromDevToolsTargetId: (target: string): WebContents | undefined =>
    [...allContents.values()].find((contents) => contents._devToolsTarget === target),
};
