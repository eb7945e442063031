import { cardsAtOnce, type AppCalls } from '../../../shared/contract.ts';
import type { JobState } from '../../../shared/queue.ts';

/** The jobs of a list that are in one of these states now, in its order. */
export async function jobsIn(calls: AppCalls, ids: readonly string[], states: readonly JobState[]): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0; from < ids.length; from += cardsAtOnce) {
    const cards = await calls.jobs(ids.slice(from, from + cardsAtOnce));
    found.push(...cards.filter(({ state }) => states.includes(state)).map(({ id }) => id));
  }
  return found;
}
