import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { homedir, tmpdir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import type { RelaunchOptions } from 'electron';
import { bootFacts } from './boot-facts.ts';
import { startBrowser, startedChromium, type Browser } from './browser.ts';
import { preventable, record } from './recorded.ts';
import { defaultSession } from './session.ts';
import { SingleInstance } from './single-instance.ts';
import { switches } from './switches.ts';

interface Closable {
  close(): void;
  destroy(): void;
  isDestroyed(): boolean;
}

class App extends EventEmitter {
  readonly commandLine = {
    appendSwitch: (name: string, value = ''): void => {
      switches.set(name, value);
    },
    hasSwitch: (name: string): boolean => switches.has(name),
    getSwitchValue: (name: string): string => switches.get(name) ?? '',
    removeSwitch: (name: string): void => {
      switches.delete(name);
    },
  };
  _started = false;
  _quitting = false;
  _gone = false;
  /** The open windows; browser-window.ts knows them. */
  _windows: () => readonly Closable[] = () => [];
  /** Ends what lives beside the windows. */
  readonly _endings = new Set<() => void>();
  readonly #paths = new Map<string, string>();
  readonly #readiness: Promise<void>;
  #becomeReady: () => void = () => undefined;
  #name = 'Electron';
  #version = '';
  #appPath = process.cwd();
  #instance: SingleInstance | null = null;
  #browser: Browser | null = null;
  #startAgain: (() => void) | null = null;

  constructor() {
    super();
    this.#readiness = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
  }

  getName(): string {
    return this.#name;
  }

  setName(name: string): void {
    this.#name = name;
  }

  getVersion(): string {
    return this.#version === '' ? bootFacts().version : this.#version;
  }

  getAppPath(): string {
    return this.#appPath;
  }

  /** As Electron tells it: by the name of its executable. */
  get isPackaged(): boolean {
    return basename(bootFacts().executable).toLowerCase() !== 'electron';
  }

  getLocale(): string {
    return switches.get('lang') ?? 'en-US';
  }

  getPreferredSystemLanguages(): string[] {
    return [this.getLocale()];
  }

  isReady(): boolean {
    return this._started;
  }

  whenReady(): Promise<void> {
    return this.#readiness;
  }

  getPath(name: string): string {
    const known = this.#paths.get(name) ?? this.#defaultPath(name);
    if (known === undefined) throw new Error(`Failed to get '${name}' path`);
    return known;
  }

  setPath(name: string, path: string): void {
    if (!isAbsolute(path)) throw new Error('Path must be absolute');
    this.#paths.set(name, path);
  }

  setAppUserModelId(id: string): void {
    record('app.setAppUserModelId', id);
  }

  requestSingleInstanceLock(additionalData?: unknown): boolean {
    this.#instance ??= new SingleInstance(this.getPath('userData'));
    return this.#instance.request(additionalData, ({ argv, cwd, additionalData: told }) => {
      void this.whenReady().then(() => this.emit('second-instance', {}, argv, cwd, told));
    });
  }

  hasSingleInstanceLock(): boolean {
    return this.#instance?.held === true;
  }

  releaseSingleInstanceLock(): void {
    this.#instance?.release();
  }

  quit(): void {
    if (this._quitting) return;
    this._quitting = true;
    setImmediate(() => {
      if (!this.#mayQuit()) this._quitting = false;
    });
  }

  /** Once this instance has ended, and its lock with it. */
  relaunch({ execPath = bootFacts().executable, args = process.argv.slice(1) }: RelaunchOptions = {}): void {
    record('app.relaunch', execPath, args);
    this.#startAgain = () => spawn(execPath, args, { detached: true, stdio: 'inherit' }).unref();
  }

  exit(code = 0): void {
    for (const window of this._windows()) window.destroy();
    this.#end(code);
  }

  /** What package.json says of the application. */
  _describe(appPath: string, name: string | undefined, version: string | undefined): void {
    this.#appPath = appPath;
    if (name !== undefined) this.#name = name;
    if (version !== undefined) this.#version = version;
  }

  /** Starts Chromium and becomes ready: after the application's main module has been evaluated, as in Electron. */
  async _start(): Promise<void> {
    defaultSession.protocol._started = true;
    // Chromium hands a start over to the one that has its profile open; Electron starts beside it.
    const profile = this.hasSingleInstanceLock() ? 'StandinProfile' : `StandinProfile.${process.pid}`;
    const browser = await startBrowser(join(this.getPath('userData'), profile)).catch((error: unknown) => {
      if (this._gone) return null;
      throw error;
    });
    if (browser === null || this._gone) return;
    this.#browser = browser;
    const chrome = browser.version;
    Object.defineProperty(process, 'versions', { value: Object.freeze({ ...process.versions, chrome }), configurable: true });
    void browser.chromium.gone.then(() => {
      if (this._gone) return;
      console.error('[stand-in] Chromium has gone');
      this.#end(1);
    });
    this._started = true;
    this.#becomeReady();
    this.emit('ready', {}, {});
  }

  #mayQuit(): boolean {
    const before = preventable();
    this.emit('before-quit', before);
    if (before.defaultPrevented) return false;
    for (const window of this._windows()) {
      window.close();
      if (!window.isDestroyed()) return false;
    }
    const will = preventable();
    this.emit('will-quit', will);
    if (will.defaultPrevented) return false;
    this.#end(0);
    return true;
  }

  #end(code: number): void {
    if (this._gone) return;
    this._gone = true;
    this.emit('quit', {}, code);
    this.#instance?.release();
    this.#startAgain?.();
    for (const end of this._endings) end();
    const chromium = startedChromium();
    if (chromium === null) process.exit(code);
    void chromium.gone.then(() => process.exit(code));
    chromium.browser.send('Browser.close').catch(() => undefined);
    // One that is still starting shows nothing that it could close.
    setTimeout(() => chromium.kill(), this.#browser === null ? 0 : 5000).unref();
  }

  #defaultPath(name: string): string | undefined {
    const home = homedir();
    const settings = process.env.XDG_CONFIG_HOME ?? join(home, '.config');
    const userData = switches.get('user-data-dir') ?? this.#paths.get('userData') ?? join(settings, this.#name);
    const paths: Readonly<Record<string, string>> = {
      home,
      appData: settings,
      userData,
      sessionData: userData,
      temp: tmpdir(),
      exe: bootFacts().executable,
      desktop: join(home, 'Desktop'),
      documents: join(home, 'Documents'),
      downloads: join(home, 'Downloads'),
      pictures: join(home, 'Pictures'),
      logs: join(userData, 'logs'),
    };
    return paths[name];
  }
}

export const app = new App();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => app.quit());
}
