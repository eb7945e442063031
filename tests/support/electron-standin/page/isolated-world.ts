import { makeCodec } from '../codec.ts';
import { WorldBridge } from './bridge.ts';
import { PageEmitter } from './emitter.ts';
import { PagePorts, type Wire } from './page-ports.ts';

export interface PreloadSurroundings {
  readonly filename: string;
  readonly dirname: string;
  readonly process: Readonly<Record<string, unknown>>;
}

type Preload = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  process: unknown,
  filename: string,
  dirname: string,
) => void;

interface SyncQuestion {
  readonly kind: 'ipc' | 'path';
  readonly channel?: string;
  readonly words?: string;
  readonly file?: File;
  result?: unknown;
  error?: string;
}

const globals = globalThis as unknown as { standinWire?: (text: string) => void; standinReceive?: (text: string) => void };

const codec = makeCodec({
  encode: (bytes) => {
    let text = '';
    for (let from = 0; from < bytes.length; from += 0x8000) text += String.fromCharCode(...bytes.subarray(from, from + 0x8000));
    return btoa(text);
  },
  decode: (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
});

/** A question that cannot wait: the script stops at `debugger`, the main process writes the answer into `question`, and it goes on. */
function standinSync(question: SyncQuestion): unknown {
  // eslint-disable-next-line no-debugger -- the stop is the message
  debugger;
  if (question.error !== undefined) throw new Error(question.error);
  return question.result;
}

/** Runs in Electron's isolated world before the page's scripts: gives the preload script what a sandboxed one gets. */
export function run(channel: string, surroundings: PreloadSurroundings, preload: Preload): void {
  if (window !== window.top) return;
  const binding = globals.standinWire;
  delete globals.standinWire;
  const wire: Wire = (...message) => binding?.(JSON.stringify(message));
  const bridge = new WorldBridge(`${channel}-main`, `${channel}-isolated`);
  const ports = new PagePorts(codec, wire);
  const renderer = new IpcRenderer(wire, ports);

  Object.defineProperty(globalThis, 'standinReceive', {
    value: (text: string) => {
      receive(renderer, ports, JSON.parse(text) as unknown[]);
    },
  });
  bridge.on('open', (asked) => {
    const { url, name, features } = asked as { url: string; name: string; features: string };
    wire('window-open', url, name, features);
  });
  watchLinks(wire);

  const electron = { contextBridge: contextBridge(bridge), ipcRenderer: renderer, webUtils };
  const modules: Readonly<Record<string, unknown>> = {
    electron,
    'electron/renderer': electron,
    events: Object.assign(PageEmitter, { EventEmitter: PageEmitter }),
    timers: { setTimeout, clearTimeout, setInterval, clearInterval },
    url: { URL, URLSearchParams },
  };
  const require = (name: string): unknown => {
    const found = modules[name.replace(/^node:/, '')];
    if (found === undefined) throw new Error(`module not found: ${name}`);
    return found;
  };
  const module = { exports: {} };
  try {
    preload.call(module.exports, require, module, module.exports, surroundings.process, surroundings.filename, surroundings.dirname);
  } catch (error) {
    console.error(`Unable to load preload script: ${surroundings.filename}`);
    console.error(error);
    wire('preload-error', String(error instanceof Error ? error.stack : error));
  }
}

class IpcRenderer extends PageEmitter {
  readonly #wire: Wire;
  readonly #ports: PagePorts;
  readonly #pending = new Map<number, { readonly channel: string; resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #calls = 0;

  constructor(wire: Wire, ports: PagePorts) {
    super();
    this.#wire = wire;
    this.#ports = ports;
  }

  send(channel: string, ...words: unknown[]): void {
    this.#wire('send', channel, codec.encode(words), []);
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePort[] = []): void {
    const given = transfer.map((port) => this.#ports.give(port));
    this.#wire('send', channel, codec.encode([message]), given);
  }

  sendSync(channel: string, ...words: unknown[]): unknown {
    const answer = standinSync({ kind: 'ipc', channel, words: codec.encode(words) });
    return typeof answer === 'string' ? codec.decode(answer) : undefined;
  }

  invoke(channel: string, ...words: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const text = codec.encode(words);
      this.#calls += 1;
      this.#pending.set(this.#calls, { channel, resolve, reject });
      this.#wire('invoke', this.#calls, channel, text);
    });
  }

  _settle(call: number, ok: boolean, text: string): void {
    const waiting = this.#pending.get(call);
    this.#pending.delete(call);
    if (ok) waiting?.resolve(codec.decode(text));
    else waiting?.reject(new Error(`Error invoking remote method '${waiting.channel}': ${text}`));
  }
}

function receive(renderer: IpcRenderer, ports: PagePorts, message: unknown[]): void {
  const [kind, ...words] = message;
  switch (kind) {
    case 'send': {
      const [channel, text, given] = words as [string, string, number[]];
      renderer.emit(channel, { sender: renderer, ports: given.map((port) => ports.take(port)) }, ...(codec.decode(text) as unknown[]));
      break;
    }
    case 'reply':
      renderer._settle(...(words as [number, boolean, string]));
      break;
    case 'port':
      ports.deliver(...(words as [number, string, number[]]));
      break;
    case 'close':
      ports.close(words[0] as number);
      break;
    case 'given':
      ports.named(...(words as [number, number]));
  }
}

function contextBridge(bridge: WorldBridge): { exposeInMainWorld(key: string, api: unknown): void } {
  return {
    exposeInMainWorld: (key, api) => {
      const refusals: string[] = [];
      bridge.on('refused', (message) => refusals.push(String(message)));
      bridge.tell('expose', { key, api });
      if (refusals[0] !== undefined) throw new Error(refusals[0]);
    },
  };
}

const webUtils = {
  getPathForFile: (file: unknown): string => {
    if (!(file instanceof File)) throw new TypeError('File expected');
    const path = standinSync({ kind: 'path', file });
    return typeof path === 'string' ? path : '';
  },
};

/** Links that would open a window are asked about like `window.open`. */
function watchLinks(wire: Wire): void {
  const ask = (event: MouseEvent): void => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link === undefined || link.href === '' || event.defaultPrevented) return;
    if (link.target !== '_blank' && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button !== 1) return;
    event.preventDefault();
    wire('window-open', link.href, '', '');
  };
  window.addEventListener('click', ask);
  window.addEventListener('auxclick', ask);
}
