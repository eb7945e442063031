import { EventEmitter } from 'node:events';

export type InvokeHandler = (event: unknown, ...words: unknown[]) => unknown;

export class IpcMain extends EventEmitter {
  readonly _handlers = new Map<string, InvokeHandler>();

  constructor() {
    super();
    this.setMaxListeners(0);
  }

  handle(channel: string, handler: InvokeHandler): void {
    if (this._handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    if (typeof handler !== 'function') throw new TypeError(`Expected handler to be a function, but found type '${typeof handler}'`);
    this._handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: InvokeHandler): void {
    this.handle(channel, (event, ...words) => {
      this._handlers.delete(channel);
      return handler(event, ...words);
    });
  }

  removeHandler(channel: string): void {
    this._handlers.delete(channel);
  }
}

export const ipcMain = new IpcMain();
