import type { AppEvents } from '../shared/contract.ts';

/** Tells every event to whoever listens for it at that moment. */
export class EventFan {
  readonly #listeners = new Set<Partial<AppEvents>>();

  listen(events: Partial<AppEvents>): () => void {
    this.#listeners.add(events);
    return () => {
      this.#listeners.delete(events);
    };
  }

  tell<Name extends keyof AppEvents>(name: Name, ...facts: Parameters<AppEvents[Name]>): void {
    for (const listener of this.#listeners) (listener[name] as ((...facts: Parameters<AppEvents[Name]>) => void) | undefined)?.(...facts);
  }
}
