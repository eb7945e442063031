import { EventEmitter } from 'node:events';
import type { Dialog, Display, NotificationConstructorOptions, PowerSaveBlocker, Screen, Shell } from 'electron';
import { record } from './recorded.ts';

/** Dialogs answer as if they had been closed; tests put their own answers here, as they would on Electron. */
export const dialog = {
  showOpenDialog: async (...words: unknown[]) => {
    record('dialog.showOpenDialog', words.at(-1));
    return { canceled: true, filePaths: [] };
  },
  showMessageBox: async (...words: unknown[]) => {
    record('dialog.showMessageBox', words.at(-1));
    return { response: 0, checkboxChecked: false };
  },
  showErrorBox: (title, content) => {
    record('dialog.showErrorBox', title, content);
    console.error(`[stand-in] ${title}\n${content}`);
  },
} satisfies Pick<Dialog, 'showOpenDialog' | 'showMessageBox' | 'showErrorBox'>;

export const shell = {
  openExternal: async (url) => {
    record('shell.openExternal', url);
  },
  openPath: async (path) => {
    record('shell.openPath', path);
    return '';
  },
  showItemInFolder: (path) => record('shell.showItemInFolder', path),
} satisfies Pick<Shell, 'openExternal' | 'openPath' | 'showItemInFolder'>;

const blockers = new Map<number, string>();
let blockerCount = 0;
export const powerSaveBlocker = {
  start: (type) => {
    blockerCount += 1;
    blockers.set(blockerCount, type);
    record('powerSaveBlocker.start', type);
    return blockerCount;
  },
  stop: (id) => {
    record('powerSaveBlocker.stop', id);
    return blockers.delete(id);
  },
  isStarted: (id) => blockers.has(id),
} satisfies Pick<PowerSaveBlocker, 'start' | 'stop' | 'isStarted'>;

const area = { x: 0, y: 0, width: 1920, height: 1080 };
const display = { id: 1, label: 'stand-in', bounds: area, workArea: area, scaleFactor: 1, rotation: 0 } as Display;
export const screen = {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
} satisfies Pick<Screen, 'getPrimaryDisplay' | 'getAllDisplays'>;

/** Those that were shown, for tests to click on. */
export const notifications: Notification[] = [];

export class Notification extends EventEmitter {
  readonly title: string;
  readonly body: string;

  constructor({ title = '', body = '' }: NotificationConstructorOptions = {}) {
    super();
    this.title = title;
    this.body = body;
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    notifications.push(this);
    record('Notification.show', { title: this.title, body: this.body });
    setImmediate(() => this.emit('show', {}));
  }

  close(): void {
    this.emit('close', {});
  }
}
