import type { BatchNote, FleetPhoto, MachineNote } from '../../../shared/fleet.ts';
import type { Onestep } from '../../state/onestep.svelte.ts';
import { say } from '../../words/words.svelte.ts';

/** What can be done with the fleet. */
export class FleetDesk {
  readonly #onestep: Onestep;

  constructor(onestep: Onestep) {
    this.#onestep = onestep;
  }

  pause = (): Promise<void> => this.#do((fleet) => fleet.pause());
  resume = (): Promise<void> => this.#do((fleet) => fleet.resume());
  retry = ({ id }: FleetPhoto): Promise<void> => this.#do((fleet) => fleet.retry([id]));
  retryAll = (): Promise<void> => this.#do((fleet) => fleet.retry(null));

  async drain({ name }: MachineNote, drained: boolean): Promise<void> {
    await this.#do(async (fleet) => {
      await fleet.drain(name, drained);
      this.#onestep.toasts.tell(say(drained ? 'fleet.drain.told' : 'fleet.drain.offTold', { name }), 'good');
    });
  }

  /** Of a batch, or of all. */
  async cancel(batch: BatchNote | null): Promise<void> {
    await this.#do(async (fleet) => {
      const count = await fleet.cancel(batch?.batch ?? null);
      this.#onestep.toasts.tell(say('fleet.cancelled', { count }));
    });
  }

  /** Shows what it has changed at once. */
  async #do(task: (calls: Onestep['calls']['fleet']) => Promise<unknown>): Promise<void> {
    const { calls, fleet } = this.#onestep;
    await this.#onestep.perform(() => task(calls.fleet));
    await fleet.ask();
  }
}
