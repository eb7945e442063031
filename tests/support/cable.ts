import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A connection to a port that can be cut, without a word to either end. */
export class Cable {
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();
  #cutUntil = 0;

  static async to(port: number): Promise<Cable> {
    const cable = new Cable();
    cable.#server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        cable.#sockets.add(from);
        from.on('data', (part) => {
          if (performance.now() > cable.#cutUntil) to.write(part);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          cable.#sockets.delete(from);
          to.destroy();
        });
      }
    });
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    return cable;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(seconds: number): void {
    this.#cutUntil = performance.now() + seconds * 1000;
    // What was lost on the way must not be missed silently for ever: in the end the connection breaks.
    setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, seconds * 1000).unref();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
