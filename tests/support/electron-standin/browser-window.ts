import { EventEmitter } from 'node:events';
import type { BrowserWindowConstructorOptions, Rectangle } from 'electron';
import { app } from './app.ts';
import { preventable, record } from './recorded.ts';
import { WebContents } from './web-contents.ts';

const windows = new Map<number, BrowserWindow>();

/** A window: its page is real, its frame on the screen is a few facts. */
export class BrowserWindow extends EventEmitter {
  static #count = 0;
  static #focused: BrowserWindow | null = null;
  readonly id: number;
  readonly webContents: WebContents;
  #bounds: Rectangle;
  #title: string;
  #visible = false;
  #minimized = false;
  #maximized = false;
  #fullScreen = false;
  #destroyed = false;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    if (!app._started) throw new Error('Cannot create BrowserWindow before app is ready');
    BrowserWindow.#count += 1;
    this.id = BrowserWindow.#count;
    const { x = 0, y = 0, width = 800, height = 600, title = app.getName(), webPreferences = {}, show = true } = options;
    this.#bounds = { x, y, width, height };
    this.#title = title;
    windows.set(this.id, this);
    this.webContents = new WebContents(this, webPreferences);
    app.emit('web-contents-created', {}, this.webContents);
    app.emit('browser-window-created', {}, this);
    if (show) this.show();
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows.values()];
  }

  static fromId(id: number): BrowserWindow | null {
    return windows.get(id) ?? null;
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return [...windows.values()].find((window) => window.webContents === contents) ?? null;
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.#focused;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  loadFile(path: string): Promise<void> {
    return this.webContents.loadFile(path);
  }

  show(): void {
    this.#visible = true;
    this.emit('show');
    this.focus();
  }

  hide(): void {
    this.#visible = false;
    this.emit('hide');
    this.blur();
  }

  focus(): void {
    if (BrowserWindow.#focused === this) return;
    BrowserWindow.#focused?.blur();
    BrowserWindow.#focused = this;
    this.emit('focus');
    app.emit('browser-window-focus', {}, this);
  }

  blur(): void {
    if (BrowserWindow.#focused !== this) return;
    BrowserWindow.#focused = null;
    this.emit('blur');
    app.emit('browser-window-blur', {}, this);
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isFocused(): boolean {
    return BrowserWindow.#focused === this;
  }

  isMinimized(): boolean {
    return this.#minimized;
  }

  isMaximized(): boolean {
    return this.#maximized;
  }

  isFullScreen(): boolean {
    return this.#fullScreen;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  minimize(): void {
    this.#minimized = true;
    this.emit('minimize');
    this.blur();
  }

  restore(): void {
    this.#minimized = false;
    this.emit('restore');
  }

  maximize(): void {
    this.#maximized = true;
    this.emit('maximize');
  }

  unmaximize(): void {
    this.#maximized = false;
    this.emit('unmaximize');
  }

  setFullScreen(full: boolean): void {
    this.#fullScreen = full;
    this.emit(full ? 'enter-full-screen' : 'leave-full-screen');
  }

  getTitle(): string {
    return this.#title;
  }

  setTitle(title: string): void {
    this.#title = title;
  }

  getBounds(): Rectangle {
    return { ...this.#bounds };
  }

  getNormalBounds(): Rectangle {
    return { ...this.#bounds };
  }

  setBounds(bounds: Partial<Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    this.emit('resize');
    this.webContents._resize();
  }

  setProgressBar(fraction: number, options?: unknown): void {
    record('BrowserWindow.setProgressBar', fraction, options);
  }

  close(): void {
    if (this.#destroyed) return;
    const event = preventable();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.webContents.close();
    this.webContents._gone();
  }

  _pageGone(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    windows.delete(this.id);
    if (BrowserWindow.#focused === this) BrowserWindow.#focused = null;
    this.emit('closed');
    if (windows.size === 0) setImmediate(lastWindowClosed);
  }
}

function lastWindowClosed(): void {
  if (windows.size > 0 || app._quitting) return;
  if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed');
  else app.quit();
}

app._windows = () => [...windows.values()];
