import type { SupervisedEngine } from '../app/supervised-engine.ts';
import { exitStatus } from './exit-status.ts';
import type { View } from './view.ts';

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
