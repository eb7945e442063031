import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Who may come in. Any page in any browser on this computer can send requests to 127.0.0.1, so each one must show three things:
 * that it was addressed to this door by its own name (a foreign name that resolves to 127.0.0.1 is refused), that it carries the
 * secret that only the printed address hands out, and, where it changes or opens anything, that our own page sends it.
 */
export class Gate {
  /** Stands in the printed address and is exchanged for the cookie, so that it does not stay in the page's address. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #secret = randomBytes(24).toString('base64url');
  readonly #names: readonly string[];
  /** Cookies know no ports: the name tells this door's from another's. */
  readonly #cookie: string;

  constructor(port: number) {
    this.#names = [`127.0.0.1:${port}`, `localhost:${port}`];
    this.#cookie = `onestep-${port}`;
  }

  /** Whether the request was meant for this door. */
  addressed({ host }: IncomingHttpHeaders): boolean {
    return host !== undefined && this.#names.includes(host);
  }

  hasToken(given: string | null): boolean {
    return given !== null && same(given, this.token);
  }

  admitted({ cookie = '' }: IncomingHttpHeaders): boolean {
    const pairs = cookie.split(';').map((pair) => pair.trim().split('=', 2));
    return pairs.some(([name, value = '']) => name === this.#cookie && same(value, this.#secret));
  }

  /** Whether our own page sends it, and none of another origin. */
  fromOwnPage({ origin }: IncomingHttpHeaders): boolean {
    return this.#names.some((name) => origin === `http://${name}`);
  }

  /** For `Set-Cookie`: kept until the browser is closed, out of reach for scripts and for other sites' requests. */
  admission(): string {
    return `${this.#cookie}=${this.#secret}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

const same = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};
