import { EventEmitter } from 'node:events';
import type { CustomScheme } from 'electron';
import { record } from './recorded.ts';
import { privileged } from './schemes.ts';

type Handler = (request: Request) => Response | Promise<Response>;
export interface BeforeRequest {
  readonly id: number;
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
  readonly webContentsId: number;
}
type RequestListener = (details: BeforeRequest, decide: (answer: { cancel?: boolean }) => void) => void;
type PermissionHandler = (contents: unknown, permission: string, decide: (granted: boolean) => void) => void;

class Protocol {
  readonly _handlers = new Map<string, Handler>();
  _started = false;

  registerSchemesAsPrivileged(schemes: readonly CustomScheme[]): void {
    if (this._started) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme, privileges } of schemes) privileged.set(scheme.toLowerCase(), privileges ?? {});
  }

  handle(scheme: string, handler: Handler): void {
    if (this._handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    this._handlers.set(scheme, handler);
  }

  unhandle(scheme: string): void {
    if (!this._handlers.delete(scheme)) throw new Error(`Failed to unhandle protocol: ${scheme}`);
  }

  isProtocolHandled(scheme: string): boolean {
    return this._handlers.has(scheme);
  }
}

class Session extends EventEmitter {
  readonly protocol = new Protocol();
  _beforeRequest: RequestListener | null = null;
  _permissionRequest: PermissionHandler | null = null;

  readonly webRequest = {
    onBeforeRequest: (listener: RequestListener | null): void => {
      this._beforeRequest = listener;
    },
  };

  /** Kept, and recorded; headless Chromium asks for nothing. */
  setPermissionRequestHandler(handler: PermissionHandler | null): void {
    this._permissionRequest = handler;
    record('session.setPermissionRequestHandler', handler !== null);
  }

  setPermissionCheckHandler(handler: unknown): void {
    record('session.setPermissionCheckHandler', handler !== null);
  }
}

export const defaultSession = new Session();
export const session = { defaultSession };
