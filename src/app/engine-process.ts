import { Problem } from '../shared/problem.ts';
import type { EngineSettings } from '../shared/engine-protocol.ts';
import { connect, type Channel, type Connected } from '../shared/protocol/connect.ts';
import { engineProtocol, type EngineCalls, type EngineEvents } from '../shared/protocol/engine.ts';
import { sentence } from '../shared/sentence.ts';
import { giveWay, type Background } from './give-way.ts';

/** A started engine host, whatever started it. */
export interface EngineChild {
  readonly processId: number | null;
  readonly channel: Channel;
  /** Called once, with "exit code 3" or "signal SIGKILL". */
  onExit(tell: (how: string) => void): void;
  /** The last lines of its standard error. */
  lastWords(): string;
  /** Asks it to end by closing the channel. */
  leave(): void;
  kill(): void;
}

export type Launcher = () => EngineChild;

/** Makes a call on a running process, by the table's row or by name. */
export type Ask<Answer> = (calls: EngineCalls, call: Remote['call']) => Promise<Answer>;

type Remote = Connected<typeof engineProtocol>;

interface Connection {
  readonly child: EngineChild;
  readonly remote: Remote;
  readonly opened: Promise<unknown>;
  /** Resolves when the process has gone. */
  readonly gone: Promise<void>;
  /** Why it has gone; null while it runs. */
  readonly reason: () => Problem | null;
}

/**
 * One engine process at a time: started on the first call, replaced after it died, ended when idle, killed with its parent.
 * Every call that is under way when the process dies is rejected with Problem `engine-stopped`.
 */
export class EngineProcess {
  readonly #launch: Launcher;
  readonly #settings: EngineSettings;
  readonly #events: Partial<EngineEvents>;
  readonly #idleSeconds: number;
  readonly #background: Background | null;
  #connection: Connection | null = null;
  #idleTimer: NodeJS.Timeout | undefined;
  #calls = 0;
  readonly #killOnExit = (): void => {
    this.#connection?.child.kill();
  };

  /** @param options.background the process gives way to others */
  constructor(options: {
    launch: Launcher;
    settings: EngineSettings;
    events: Partial<EngineEvents>;
    idleSeconds?: number;
    background?: Background;
  }) {
    this.#launch = options.launch;
    this.#settings = options.settings;
    this.#events = options.events;
    this.#idleSeconds = options.idleSeconds ?? 120;
    this.#background = options.background ?? null;
    process.on('exit', this.#killOnExit);
  }

  /** Starts the process before it is needed, so that it loads while the caller does something else. */
  start(): void {
    this.#current();
  }

  /** The operating system's id of the running process; null while there is none. */
  get processId(): number | null {
    return this.#connection?.child.processId ?? null;
  }

  /** Makes one call on a running process. */
  async call<Answer>(ask: Ask<Answer>): Promise<Answer> {
    clearTimeout(this.#idleTimer);
    const connection = this.#current();
    this.#calls += 1;
    try {
      await connection.opened;
      return await ask(connection.remote.calls, connection.remote.call);
    } catch (error) {
      // What is asked after the process has gone fails in birpc, which does not know why.
      throw error instanceof Problem ? error : (connection.reason() ?? error);
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#armIdleTimer();
    }
  }

  /** Ends the process at once; calls under way are rejected. Resolves when it has gone; the next call starts a fresh one. */
  async kill(): Promise<void> {
    const connection = this.#connection;
    connection?.child.kill();
    await connection?.gone;
  }

  /**
   * Ends the process: at once where it has nothing to do (taking its native libraries down in order costs a fifth of a
   * second), after `graceSeconds` where it has. No call may follow.
   */
  async close(graceSeconds = 2): Promise<void> {
    process.off('exit', this.#killOnExit);
    if (this.#calls === 0) this.#connection?.child.kill();
    await this.#leave(graceSeconds);
  }

  async #leave(graceSeconds: number): Promise<void> {
    clearTimeout(this.#idleTimer);
    const connection = this.#connection;
    if (connection === null) return;
    // A call from now on belongs to a fresh process: this one no longer listens.
    this.#connection = null;
    connection.child.leave();
    const timer = setTimeout(() => {
      connection.child.kill();
    }, graceSeconds * 1000);
    await connection.gone;
    clearTimeout(timer);
  }

  #current(): Connection {
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  #connect(): Connection {
    const child = this.#launch();
    if (this.#background !== null) giveWay(child.processId, this.#background);
    const remote = connect(engineProtocol, this.#events, child.channel);
    let reason: Problem | null = null;
    const gone = new Promise<void>((resolve) => {
      child.onExit((how) => {
        if (this.#connection?.child === child) this.#connection = null;
        reason = stopped(how, child.lastWords());
        remote.end(reason);
        resolve();
      });
    });
    const opened = remote.calls.process.open(this.#settings).then(({ processId }) => {
      // Again, for a launcher that does not know the number from the beginning.
      if (this.#background !== null) giveWay(processId, this.#background);
    });
    // Whoever makes the first call sees the failure; without this line it would also count as unhandled.
    opened.catch(() => undefined);
    return { child, remote, opened, gone, reason: () => reason };
  }

  #armIdleTimer(): void {
    this.#idleTimer = setTimeout(() => {
      void this.#leave(5);
    }, this.#idleSeconds * 1000);
    this.#idleTimer.unref();
  }
}

function stopped(how: string, lastWords: string): Problem {
  return new Problem('engine-stopped', sentence('engine.stopped'), {
    detail: lastWords === '' ? how : `${how}\n${lastWords}`,
  });
}
