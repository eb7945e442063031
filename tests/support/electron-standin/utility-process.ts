import { fork as forkNode, type ChildProcess, type StdioOptions } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { ForkOptions } from 'electron';
import { app } from './app.ts';
import { bootFacts } from './boot-facts.ts';
import { record } from './recorded.ts';
import { hub, type MessagePortMain, type PortOwner } from './ports.ts';
import { factsVariable, type FromUtility, type ToUtility, type UtilityFacts } from './utility-messages.ts';

const systemGlib = 'libglib-2.0.so.0:libgobject-2.0.so.0:libgio-2.0.so.0';

/** A Node child that looks like a utility process from inside and outside. */
class UtilityProcess extends EventEmitter {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  pid: number | undefined = undefined;
  readonly #child: ChildProcess;
  readonly #owner: PortOwner;

  constructor(entry: string, words: readonly string[], options: ForkOptions) {
    super();
    if (!app._started) throw new Error('utilityProcess cannot be created before app is ready.');
    record('utilityProcess.fork', entry);
    const { executable, node, version } = bootFacts();
    const facts: UtilityFacts = { entry: resolve(entry), words, executable, version };
    const env: NodeJS.ProcessEnv = { ...(options.env ?? process.env), [factsVariable]: JSON.stringify(facts) };
    if (process.platform === 'linux' && process.env.STANDIN_GLIB !== '0') env.LD_PRELOAD = systemGlib;
    this.#child = forkNode(join(import.meta.dirname, 'utility-child.cjs'), [], {
      execPath: node,
      execArgv: ['--no-warnings', ...(options.execArgv ?? [])],
      env,
      cwd: options.cwd ?? process.cwd(),
      serialization: 'advanced',
      stdio: [...pipes(options.stdio), 'ipc'] as StdioOptions,
    });
    this.stdout = this.#child.stdout;
    this.stderr = this.#child.stderr;
    this.#owner = {
      deliver: (id, content, ports) => {
        for (const port of ports) hub.moveTo(port, this.#owner);
        this.#tell({ kind: 'port', id, content, ports });
      },
      close: (id) => this.#tell({ kind: 'close', id }),
    };
    this.#follow(options.serviceName ?? 'Node Utility Process');
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    const content = structuredClone(message);
    const ports = transfer.map((port) => hub.give(port));
    this.#tell({ kind: 'message', content, ports });
    for (const port of ports) hub.moveTo(port, this.#owner);
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }

  #tell(message: ToUtility): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #follow(name: string): void {
    const end = (): void => {
      this.kill();
    };
    app._endings.add(end);
    this.#child.once('spawn', () => {
      this.pid = this.#child.pid;
      this.emit('spawn');
    });
    this.#child.on('message', (message: FromUtility) => {
      if (message.kind === 'message') this.emit('message', message.content);
      else if (message.kind === 'post') hub.post(message.id, message.content, message.ports);
      else hub.close(message.id);
    });
    this.#child.once('exit', (code, signal) => {
      app._endings.delete(end);
      this.pid = undefined;
      hub.drop(this.#owner);
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      this.emit('exit', exitCode);
      app.emit('child-process-gone', {}, { type: 'Utility', reason: exitCode === 0 ? 'clean-exit' : 'abnormal-exit', exitCode, name });
    });
  }
}

/** Standard input is always closed, as in Electron. */
function pipes(stdio: ForkOptions['stdio']): ['ignore', string, string] {
  if (Array.isArray(stdio)) return ['ignore', String(stdio[1]), String(stdio[2])];
  return ['ignore', stdio ?? 'inherit', stdio ?? 'inherit'];
}

export const utilityProcess = {
  fork: (entry: string, words: readonly string[] = [], options: ForkOptions = {}): UtilityProcess =>
    new UtilityProcess(entry, words, options),
};
