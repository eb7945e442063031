import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import { CardCache } from '../../../../src/renderer/state/card-cache.svelte.ts';

interface Card {
  readonly id: number;
  readonly text: string;
}

/** A cache over a far side that answers when it is told to. */
function slowCache(bound: number): { cache: CardCache<number, Card>; calls: number[][]; answer: () => Promise<void> } {
  const calls: number[][] = [];
  const waiting: (() => void)[] = [];
  const cache = new CardCache<number, Card>({
    bound,
    atOnce: 3,
    idOf: ({ id }) => id,
    fetch: async (ids) => {
      calls.push([...ids]);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return ids.filter((id) => id < 100).map((id) => ({ id, text: `card ${id}` }));
    },
  });
  const answer = async (): Promise<void> => {
    waiting.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { cache, calls, answer };
}

describe('the cards of a long list', () => {
  it('are fetched for what is in view, and tell whoever has read them', async () => {
    const { cache, calls, answer } = slowCache(10);
    const seen: (string | undefined)[] = [];
    const stop = $effect.root(() => {
      $effect(() => {
        seen.push(cache.get(1)?.text);
      });
    });
    flushSync();
    cache.want([1, 2]);
    expect(calls).toEqual([[1, 2]]);
    await answer();
    flushSync();
    expect(seen).toEqual([undefined, 'card 1']);
    cache.want([2, 1]);
    expect(calls).toHaveLength(1);
    stop();
  });

  it('are not fetched any more once they have left the view', async () => {
    const { cache, calls, answer } = slowCache(10);
    cache.want([1]);
    cache.want([2, 3]);
    cache.want([4, 5, 6, 7]);
    await answer();
    expect(calls).toEqual([[1], [4, 5, 6]]);
    await answer();
    expect(calls.at(-1)).toEqual([7]);
  });

  it('are asked for once when they are gone', async () => {
    const { cache, calls, answer } = slowCache(10);
    cache.want([500, 1]);
    await answer();
    expect(calls).toEqual([[500, 1]]);
    expect(cache.get(500)).toBeUndefined();
    expect(cache.get(1)?.text).toBe('card 1');
  });

  it('are kept within the bound, those in view in any case', async () => {
    const { cache, answer } = slowCache(3);
    cache.want([1, 2, 3]);
    await answer();
    cache.want([2, 4]);
    await answer();
    expect([1, 2, 3, 4].map((id) => cache.get(id) !== undefined)).toEqual([false, true, true, true]);
  });

  it('take news of what they know, and fetch everything anew when nobody told them', async () => {
    const { cache, calls, answer } = slowCache(10);
    cache.want([1]);
    await answer();
    cache.put([
      { id: 1, text: 'new' },
      { id: 9, text: 'never seen' },
    ]);
    expect(cache.get(1)?.text).toBe('new');
    expect(cache.get(9)).toBeUndefined();
    cache.renew();
    expect(calls).toEqual([[1], [1]]);
    await answer();
    expect(cache.get(1)?.text).toBe('card 1');
  });
});
