import { eventsBy, type Events, type EventTable } from './call.ts';

/** Tells the events of a table to whoever listens for them at that moment. */
export class EventFan<Table extends EventTable> {
  readonly tell: Events<Table>;
  readonly #listeners = new Set<Partial<Events<Table>>>();

  constructor(table: Table) {
    this.tell = eventsBy(table, (name, facts) => {
      for (const listener of this.#listeners)
        (listener as Record<string, ((...facts: readonly unknown[]) => void) | undefined>)[name]?.(...facts);
    });
  }

  /** Tells one more listener, until the returned function is called. */
  listen(listener: Partial<Events<Table>>): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
