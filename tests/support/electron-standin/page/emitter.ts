type Listener = (...words: never[]) => void;
interface Entry {
  readonly listener: Listener;
  readonly original: Listener;
}

/** Node's EventEmitter as a sandboxed preload script may require it. */
export class PageEmitter {
  readonly #entries = new Map<string, Entry[]>();

  on(name: string, listener: Listener): this {
    return this.#add(name, { listener, original: listener });
  }

  addListener(name: string, listener: Listener): this {
    return this.on(name, listener);
  }

  once(name: string, listener: Listener): this {
    const entry: Entry = {
      original: listener,
      listener: (...words) => {
        this.off(name, listener);
        listener.apply(this, words);
      },
    };
    return this.#add(name, entry);
  }

  off(name: string, listener: Listener): this {
    const left = (this.#entries.get(name) ?? []).filter(({ original }) => original !== listener);
    this.#entries.set(name, left);
    return this;
  }

  removeListener(name: string, listener: Listener): this {
    return this.off(name, listener);
  }

  removeAllListeners(name?: string): this {
    if (name === undefined) this.#entries.clear();
    else this.#entries.delete(name);
    return this;
  }

  emit(name: string, ...words: unknown[]): boolean {
    const entries = [...(this.#entries.get(name) ?? [])];
    for (const { listener } of entries) listener.apply(this, words as never[]);
    return entries.length > 0;
  }

  listenerCount(name: string): number {
    return this.#entries.get(name)?.length ?? 0;
  }

  #add(name: string, entry: Entry): this {
    this.#entries.set(name, [...(this.#entries.get(name) ?? []), entry]);
    return this;
  }
}
