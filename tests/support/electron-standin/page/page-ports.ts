import type { Codec } from '../codec.ts';

/** What crosses from the page to the main process. */
export type Wire = (...message: unknown[]) => void;

/**
 * The page's ends of channels. Each far end has a relay here: a real MessageChannel whose other half the page holds. A port that
 * is given away is really transferred, so that it is dead for its giver as it would be.
 */
export class PagePorts {
  readonly #codec: Codec;
  readonly #wire: Wire;
  readonly #relays = new Map<number, MessagePort>();
  readonly #arrived = new Map<number, MessagePort>();
  readonly #named = new Map<number, number>();
  #given = 0;

  constructor(codec: Codec, wire: Wire) {
    this.#codec = codec;
    this.#wire = wire;
  }

  take(id: number): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#attach(id, port1);
    return port2;
  }

  /** @returns a provisional number; the main process answers with the port's own */
  give(port: MessagePort): number {
    this.#given -= 1;
    const provisional = this.#given;
    const { port1, port2 } = new MessageChannel();
    this.#wire('give', provisional);
    port2.onmessage = ({ ports: [arrived] }) => {
      const id = this.#named.get(provisional);
      if (arrived !== undefined) {
        if (id === undefined) this.#arrived.set(provisional, arrived);
        else this.#attach(id, arrived);
      }
      port2.close();
    };
    port1.postMessage(null, [port]);
    return provisional;
  }

  named(provisional: number, id: number): void {
    this.#named.set(provisional, id);
    const arrived = this.#arrived.get(provisional);
    if (arrived !== undefined) this.#attach(id, arrived);
  }

  deliver(id: number, content: string, ports: readonly number[]): void {
    this.#relays.get(id)?.postMessage(
      this.#codec.decode(content),
      ports.map((port) => this.take(port)),
    );
  }

  close(id: number): void {
    this.#relays.get(id)?.close();
    this.#relays.delete(id);
  }

  #attach(id: number, port: MessagePort): void {
    this.#relays.set(id, port);
    port.onmessage = ({ data, ports }) => {
      this.#wire(
        'post',
        id,
        this.#codec.encode(data),
        ports.map((inner) => this.give(inner)),
      );
    };
    port.addEventListener('close', () => {
      this.#relays.delete(id);
      this.#wire('close', id);
    });
  }
}
