import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { CDPSession } from 'playwright-core';

type Send = CDPSession['send'];
type Listen = CDPSession['on'];

interface Waiting {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One attached page, or the browser itself: commands of the DevTools protocol and its events. */
export class Session {
  readonly #events = new EventEmitter();
  readonly #send: (method: string, parameters: unknown) => Promise<unknown>;

  constructor(send: (method: string, parameters: unknown) => Promise<unknown>) {
    this.#send = send;
    this.#events.setMaxListeners(0);
  }

  readonly send = ((method: string, parameters: unknown = {}) => this.#send(method, parameters)) as Send;
  readonly on = ((event: string, receive: (payload: unknown) => void) => this.#events.on(event, receive)) as unknown as Listen;

  deliver(event: string, payload: unknown): void {
    this.#events.emit(event, payload);
  }
}

/** Chromium, driven over `--remote-debugging-pipe`, so that `--remote-debugging-port` stays free for Playwright. */
export class Chromium {
  readonly browser: Session;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sessions = new Map<string, Session>();
  /** Resolves when it has gone, whatever the reason. */
  readonly gone: Promise<void>;
  #count = 0;

  constructor(binary: string, words: readonly string[], onLine: (line: string) => void) {
    this.#process = spawn(binary, words, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
    this.browser = new Session((method, parameters) => this.#command(method, parameters, undefined));
    this.gone = new Promise((resolve) => {
      const end = (): void => {
        for (const waiting of this.#waiting.values()) waiting.reject(new Error(`${waiting.method}: Chromium has gone`));
        this.#waiting.clear();
        resolve();
      };
      this.#process.once('error', (error) => {
        console.error(`[stand-in] ${binary}: ${error.message}`);
        end();
      });
      this.#process.once('exit', end);
    });
    // A write to a Chromium that has just gone is told by `gone`.
    this.#pipe(3).on('error', () => undefined);
    this.#readMessages(this.#pipe(4) as unknown as Readable);
    this.#readLines(onLine);
  }

  session(id: string): Session {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = new Session((method, parameters) => this.#command(method, parameters, id));
      this.#sessions.set(id, session);
    }
    return session;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #pipe(number: 3 | 4): Writable {
    return this.#process.stdio[number] as Writable;
  }

  #command(method: string, parameters: unknown, sessionId: string | undefined): Promise<unknown> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
      this.#pipe(3).write(`${JSON.stringify({ id, method, params: parameters, sessionId })}\0`);
    });
  }

  #readMessages(pipe: Readable): void {
    let parts: Buffer[] = [];
    pipe.on('error', () => undefined);
    pipe.on('data', (bytes: Buffer) => {
      let from = 0;
      for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
        parts.push(bytes.subarray(from, end));
        this.#receive(JSON.parse(Buffer.concat(parts).toString('utf8')) as Message);
        parts = [];
        from = end + 1;
      }
      if (from < bytes.length) parts.push(bytes.subarray(from));
    });
  }

  #readLines(onLine: (line: string) => void): void {
    let text = '';
    this.#process.stderr?.setEncoding('utf8').on('data', (more: string) => {
      const lines = (text + more).split('\n');
      text = lines.pop() ?? '';
      lines.forEach(onLine);
    });
  }

  #receive({ id, method, params, sessionId, result, error }: Message): void {
    if (id === undefined) {
      if (method !== undefined) (sessionId === undefined ? this.browser : this.session(sessionId)).deliver(method, params);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error !== undefined) waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting?.resolve(result);
  }
}
