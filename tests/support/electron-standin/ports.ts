import { EventEmitter } from 'node:events';

/** Where an end of a channel lives: the main process, a page, or a utility process. */
export interface PortOwner {
  deliver(id: number, content: unknown, ports: readonly number[]): void;
  close(id: number): void;
}

/** What a port needs of its surroundings to reach its other end. */
export interface PortLink {
  post(id: number, content: unknown, ports: readonly number[]): void;
  /** Takes a port away from its holder. */
  give(port: MessagePortMain): number;
  close(id: number): void;
}

export interface PortMessage {
  readonly data: unknown;
  readonly ports: readonly MessagePortMain[];
}

/** One end of a channel, as Electron's main and utility processes hold it: queues until it is started. */
export class MessagePortMain extends EventEmitter {
  readonly _id: number;
  readonly #link: PortLink;
  readonly #queue: PortMessage[] = [];
  #started = false;
  #closed = false;
  #farEndClosed = false;

  constructor(id: number, link: PortLink) {
    super();
    this._id = id;
    this.#link = link;
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    if (this.#closed) return;
    if (transfer.includes(this)) throw new Error('Port at index 0 contains the source port');
    this.#link.post(
      this._id,
      structuredClone(message),
      transfer.map((port) => this.#link.give(port)),
    );
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const message of this.#queue.splice(0)) this.emit('message', message);
    if (this.#farEndClosed) this._closedByFarEnd();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.close(this._id);
    queueMicrotask(() => this.emit('close'));
  }

  _deliver(data: unknown, ports: readonly MessagePortMain[]): void {
    if (this.#started) this.emit('message', { data, ports });
    else this.#queue.push({ data, ports });
  }

  _closedByFarEnd(): void {
    if (this.#closed) return;
    if (this.#started) {
      this.#closed = true;
      this.emit('close');
    } else this.#farEndClosed = true;
  }

  /** Given away: what has arrived goes with it. */
  _release(): readonly PortMessage[] {
    if (this.#closed) throw new TypeError('Invalid value for transfer');
    this.#closed = true;
    return this.#queue.splice(0);
  }
}

interface End {
  readonly id: number;
  readonly peer: number;
  owner: PortOwner;
  local: MessagePortMain | undefined;
}

/**
 * Carries messages between the ends of channels, wherever they live. In Electron they go straight from end to end; here every
 * one passes the main process. The order in each channel is the same.
 */
class PortHub implements PortLink {
  readonly #ends = new Map<number, End>();
  readonly #main: PortOwner = {
    deliver: (id, content, ports) => {
      this.local(id)._deliver(
        content,
        ports.map((port) => this.take(port)),
      );
    },
    close: (id) => {
      this.#ends.get(id)?.local?._closedByFarEnd();
    },
  };
  #count = 0;

  /** A new channel; both ends live in the main process until they are moved. */
  pair(): [number, number] {
    const [a, b] = [this.#count + 1, this.#count + 2];
    this.#count = b;
    this.#ends.set(a, { id: a, peer: b, owner: this.#main, local: undefined });
    this.#ends.set(b, { id: b, peer: a, owner: this.#main, local: undefined });
    return [a, b];
  }

  local(id: number): MessagePortMain {
    const end = this.#end(id);
    end.local ??= new MessagePortMain(id, this);
    return end.local;
  }

  /** Brings an end back into the main process. */
  take(id: number): MessagePortMain {
    const end = this.#end(id);
    end.owner = this.#main;
    end.local = undefined;
    return this.local(id);
  }

  post(id: number, content: unknown, ports: readonly number[]): void {
    const to = this.#ends.get(this.#ends.get(id)?.peer ?? 0);
    if (to === undefined) return;
    queueMicrotask(() => to.owner.deliver(to.id, content, ports));
  }

  give(port: MessagePortMain): number {
    if (!(port instanceof MessagePortMain)) throw new TypeError('Invalid value for transfer');
    const end = this.#end(port._id);
    const backlog = port._release().map(({ data, ports }) => [data, ports.map((inner) => this.give(inner))] as const);
    const held: [unknown, readonly number[]][] = backlog.map(([data, ports]) => [data, ports]);
    end.local = undefined;
    end.owner = new Backlog(held);
    return port._id;
  }

  close(id: number): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    this.#ends.delete(id);
    const to = this.#ends.get(end.peer);
    if (to === undefined) return;
    queueMicrotask(() => to.owner.close(to.id));
  }

  moveTo(id: number, owner: PortOwner): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    const before = end.owner;
    end.owner = owner;
    if (before instanceof Backlog) for (const [content, ports] of before.held.splice(0)) owner.deliver(id, content, ports);
  }

  /** A process or page has gone, and its ends with it. */
  drop(owner: PortOwner): void {
    for (const end of [...this.#ends.values()]) if (end.owner === owner) this.close(end.id);
  }

  #end(id: number): End {
    const end = this.#ends.get(id);
    if (end === undefined) throw new TypeError('Invalid value for transfer');
    return end;
  }
}

/** Keeps what arrives for an end that is on its way. */
class Backlog implements PortOwner {
  readonly held: [unknown, readonly number[]][];

  constructor(held: [unknown, readonly number[]][]) {
    this.held = held;
  }

  deliver(_: number, content: unknown, ports: readonly number[]): void {
    this.held.push([content, ports]);
  }

  close(): void {
    // Whoever receives it finds out.
  }
}

export const hub = new PortHub();

export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    const [a, b] = hub.pair();
    this.port1 = hub.local(a);
    this.port2 = hub.local(b);
  }
}
