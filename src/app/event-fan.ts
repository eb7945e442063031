import type { AppEvents } from '../shared/contract.ts';

/** Tells every event to each interface that listens at that moment. */
export class EventFan {
  readonly #listeners = new Set<AppEvents>();

  listen(events: AppEvents): () => void {
    this.#listeners.add(events);
    return () => {
      this.#listeners.delete(events);
    };
  }

  tell<Name extends keyof AppEvents>(name: Name, ...facts: Parameters<AppEvents[Name]>): void {
    for (const listener of this.#listeners) (listener[name] as (...facts: Parameters<AppEvents[Name]>) => void)(...facts);
  }
}
