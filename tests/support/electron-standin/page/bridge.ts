/**
 * `contextBridge` between two worlds of one frame. They share nothing but the DOM: synchronous events carry the calls, and Blink
 * clones their `detail` from one world to the other.
 */
type Wire =
  | readonly ['value', unknown]
  | readonly ['function', number]
  | readonly ['promise', number]
  | readonly ['error', string, string | undefined]
  | readonly ['list', readonly Wire[]]
  | readonly ['object', readonly (readonly [string, Wire])[]];

export type Call = (...words: unknown[]) => unknown;

type Signal =
  | { readonly kind: 'call'; readonly target: number; readonly reply: number; readonly words: readonly Wire[] }
  | { readonly kind: 'reply'; readonly reply: number; readonly ok: boolean; readonly value: Wire }
  | { readonly kind: 'settled'; readonly promise: number; readonly ok: boolean; readonly value: Wire }
  | { readonly kind: 'told'; readonly name: string; readonly value: Wire };

const refused = (): Error => new Error('An object could not be cloned.');
const depthLimit = 1000;

export class WorldBridge {
  readonly #sendName: string;
  readonly #functions = new Map<number, Call>();
  readonly #functionIds = new WeakMap<Call, number>();
  readonly #proxies = new Map<number, Call>();
  readonly #promises = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  readonly #replies = new Map<number, { readonly ok: boolean; readonly value: Wire }>();
  readonly #listeners = new Map<string, (value: unknown) => void>();
  #count = 0;

  constructor(sendName: string, receiveName: string) {
    this.#sendName = sendName;
    window.addEventListener(
      receiveName,
      (event) => {
        event.stopImmediatePropagation();
        this.#receive((event as CustomEvent<Signal>).detail);
      },
      true,
    );
  }

  /** Tells the other world something; {@link on} hears it there before this returns. */
  tell(name: string, value: unknown): void {
    this.#emit({ kind: 'told', name, value: this.#write(value) });
  }

  on(name: string, listener: (value: unknown) => void): void {
    this.#listeners.set(name, listener);
  }

  #emit(signal: Signal): void {
    window.dispatchEvent(new CustomEvent(this.#sendName, { detail: signal }));
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #write(value: unknown, depth = 0): Wire {
    if (depth > depthLimit) {
      throw new TypeError(`Electron contextBridge recursion depth exceeded.  Nested objects deeper than ${depthLimit} are not supported.`);
    }
    if (typeof value === 'function') return ['function', this.#idOf(value as Call)];
    if (typeof value === 'symbol') throw refused();
    if (value === null || typeof value !== 'object') return ['value', value];
    if (value instanceof Promise) return this.#writePromise(value);
    if (value instanceof Error) return ['error', value.message, value.stack];
    if (Array.isArray(value)) return ['list', value.map((entry) => this.#write(entry, depth + 1))];
    if (Object.prototype.toString.call(value) === '[object Object]') {
      return ['object', Object.entries(value).map(([key, entry]) => [key, this.#write(entry, depth + 1)] as const)];
    }
    try {
      structuredClone(value);
    } catch {
      throw refused();
    }
    return ['value', value];
  }

  #writePromise(promise: Promise<unknown>): Wire {
    const id = this.#next();
    promise.then(
      (value) => {
        this.#emit({ kind: 'settled', promise: id, ok: true, value: this.#write(value) });
      },
      (error: unknown) => {
        this.#emit({ kind: 'settled', promise: id, ok: false, value: this.#write(error) });
      },
    );
    return ['promise', id];
  }

  #idOf(call: Call): number {
    let id = this.#functionIds.get(call);
    if (id === undefined) {
      id = this.#next();
      this.#functionIds.set(call, id);
      this.#functions.set(id, call);
    }
    return id;
  }

  #read(wire: Wire): unknown {
    switch (wire[0]) {
      case 'value':
        return wire[1];
      case 'error': {
        const error = new Error(wire[1]);
        if (wire[2] !== undefined) error.stack = wire[2];
        return error;
      }
      case 'list':
        return wire[1].map((entry) => this.#read(entry));
      case 'object':
        return Object.fromEntries(wire[1].map(([key, entry]) => [key, this.#read(entry)]));
      case 'promise':
        return new Promise((resolve, reject) => this.#promises.set(wire[1], { resolve, reject }));
      case 'function':
        return this.#proxy(wire[1]);
    }
  }

  #proxy(id: number): Call {
    let proxy = this.#proxies.get(id);
    if (proxy === undefined) {
      proxy = (...words) => this.#call(id, words);
      this.#proxies.set(id, proxy);
    }
    return proxy;
  }

  #call(target: number, words: readonly unknown[]): unknown {
    const reply = this.#next();
    this.#emit({ kind: 'call', target, reply, words: words.map((word) => this.#write(word)) });
    const answer = this.#replies.get(reply);
    this.#replies.delete(reply);
    if (answer === undefined) throw new Error('the other world is gone');
    if (answer.ok) return this.#read(answer.value);
    throw this.#read(answer.value);
  }

  #receive(signal: Signal): void {
    switch (signal.kind) {
      case 'call':
        this.#answer(signal.target, signal.reply, signal.words);
        break;
      case 'reply':
        this.#replies.set(signal.reply, signal);
        break;
      case 'settled': {
        const waiting = this.#promises.get(signal.promise);
        this.#promises.delete(signal.promise);
        if (signal.ok) waiting?.resolve(this.#read(signal.value));
        else waiting?.reject(this.#read(signal.value));
        break;
      }
      case 'told':
        this.#listeners.get(signal.name)?.(this.#read(signal.value));
    }
  }

  #answer(target: number, reply: number, words: readonly Wire[]): void {
    try {
      const result = this.#functions.get(target)?.(...words.map((word) => this.#read(word)));
      this.#emit({ kind: 'reply', reply, ok: true, value: this.#write(result) });
    } catch (error) {
      this.#emit({ kind: 'reply', reply, ok: false, value: this.#write(error instanceof Error ? error : new Error(String(error))) });
    }
  }
}
