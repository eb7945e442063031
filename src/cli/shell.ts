import type { Command } from 'commander';
import type { MetricFiles } from '../app/evaluate/metric-files.ts';
import type { Downloads } from '../app/models/downloads.ts';
import type { SupervisedEngine } from '../app/supervised-engine.ts';
import type { Totals } from '../shared/json-events.ts';
import { inEnglish } from '../shared/sentence.ts';
import type { Streams, View } from './view.ts';

/** What a command needs of its surroundings. */
export interface Shell {
  readonly engine: SupervisedEngine;
  readonly streams: Streams;
  /** Downloads models and imports them with the engine. */
  readonly openDownloads: (onProgress: ConstructorParameters<typeof Downloads>[0]['onProgress']) => Promise<Downloads>;
  /** What metrics need beside Onestep. */
  readonly openMetrics: () => Promise<MetricFiles>;
  readonly installation: Installation;
}

/** What this computer has of Onestep. */
export interface Installation {
  readonly version: string;
  /** Where models are installed for this user. */
  readonly modelsFolder: string;
  /** Another engine beside {@link Shell.engine}; whoever opens it closes it. */
  readonly openEngine: () => SupervisedEngine;
}

/** Runs a command in its surroundings; what it answers is the exit status. */
export type Act = (command: (shell: Shell) => Promise<number>) => () => Promise<void>;

export const isJson = (command: Command): boolean => command.optsWithGlobals<{ json?: boolean }>().json === true;

/** Prints what `read` gives, as text or, with --json, as one JSON value. */
export async function list<Item>(
  { streams }: Shell,
  command: Command,
  read: () => Promise<readonly Item[]>,
  describe: (items: readonly Item[]) => string[],
): Promise<number> {
  const items = await read();
  streams.out(isJson(command) ? `${JSON.stringify(items, inEnglish, 2)}\n` : `${describe(items).join('\n')}\n`);
  return exitStatus.allDone;
}

/** What the process ends with; documented in `onestep enhance --help`. */
export const exitStatus = {
  allDone: 0,
  someFailed: 1,
  badArguments: 2,
  nothingDone: 3,
  /** 128 + SIGINT, as shells expect of an interrupted program. */
  interrupted: 130,
} as const;

/** Skipped photos are as they were asked to be: they count as done. `otherFailures`: what failed before it became a photo. */
export function statusOf({ done, skipped, failed, cancelled }: Totals, otherFailures: number): number {
  if (cancelled > 0) return exitStatus.interrupted;
  if (done + skipped === 0) return exitStatus.nothingDone;
  return failed + otherFailures > 0 ? exitStatus.someFailed : exitStatus.allDone;
}

/**
 * Turns Ctrl-C (and a request to terminate, or a closed terminal) into a cancellation within a tile; the second one ends
 * everything at once.
 */
export function watchInterrupts(engine: SupervisedEngine, view: Pick<View, 'say'>): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      void engine.kill().finally(() => process.exit(exitStatus.interrupted));
      return;
    }
    view.say('Cancelling after the current step; once more to stop at once.');
    controller.abort();
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
