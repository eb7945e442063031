import { WorldBridge } from './bridge.ts';

/** Runs in the page's own world before its scripts: what `contextBridge` and `window.open` are there. */
export function run(channel: string, schemes: readonly string[]): void {
  if (window !== window.top) return;
  const bridge = new WorldBridge(`${channel}-isolated`, `${channel}-main`);

  bridge.on('expose', (exposed) => {
    const { key, api } = exposed as { key: string; api: unknown };
    if (key in window) {
      bridge.tell('refused', 'Cannot bind an API on top of an existing property on the window object');
      return;
    }
    Object.defineProperty(window, key, { value: frozen(api), enumerable: true, configurable: false, writable: false });
  });

  // Electron asks setWindowOpenHandler first; a window that is denied never exists.
  window.open = (address = '', name = '', features = '') => {
    const url = new URL(address === '' ? 'about:blank' : address, document.baseURI).href;
    bridge.tell('open', { url, name, features });
    return null;
  };

  // Blink refuses fetch() to schemes that it does not know before the network is asked: go by the stand-in's address.
  const fetch = window.fetch.bind(window);
  window.fetch = (input, init) => fetch(typeof input === 'string' || input instanceof URL ? known(String(input), schemes) : input, init);
}

function known(address: string, schemes: readonly string[]): string {
  const [start, scheme = '', host = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(address) ?? [];
  return start !== undefined && schemes.includes(scheme) ? address.replace(start, `https://${host}.${scheme}.standin`) : address;
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
