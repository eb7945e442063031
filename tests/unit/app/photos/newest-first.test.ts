import { describe, expect, it } from 'vitest';
import { NewestFirst } from '../../../../src/app/photos/newest-first.ts';

/** Work that ends when it is told to. */
function work(): { begun: string[]; start: (name: string) => () => Promise<string>; end: (name: string) => Promise<void> } {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    start: (name) => () => {
      begun.push(name);
      return new Promise((resolve) => {
        ends.set(name, () => resolve(`${name} done`));
      });
    },
    end: async (name) => {
      ends.get(name)?.();
      await new Promise(setImmediate);
    },
  };
}

const quietly = (promise: Promise<unknown>): void => {
  promise.catch(() => undefined);
};

describe('order', () => {
  it('the latest asked for comes next, at most so many at once', async () => {
    const { begun, start, end } = work();
    const lane = new NewestFirst({ parallel: 2 });
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => lane.run(name, undefined, start(name)));
    expect(begun).toEqual(['a', 'b']);
    await end('a');
    await end('e');
    await end('b');
    expect(begun).toEqual(['a', 'b', 'e', 'd', 'c']);
    await end('d');
    await end('c');
    expect(await Promise.all(all)).toEqual(['a done', 'b done', 'c done', 'd done', 'e done']);
  });

  it('what is asked for again becomes the latest, and is done once', async () => {
    const { begun, start, end } = work();
    const lane = new NewestFirst({ parallel: 1 });
    quietly(lane.run('a', undefined, start('a')));
    const first = lane.run('b', undefined, start('b'));
    quietly(lane.run('c', undefined, start('c')));
    const second = lane.run('b', undefined, start('b'));
    await end('a');
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(await Promise.all([first, second])).toEqual(['b done', 'b done']);
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('c');
  });

  it('work that fails fails for whoever waits, and the next begins', async () => {
    const lane = new NewestFirst({ parallel: 1 });
    const failing = lane.run('a', undefined, () => Promise.reject(new Error('no')));
    const next = lane.run('b', undefined, () => Promise.resolve('b'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('b');
    expect(await lane.run('a', undefined, () => Promise.resolve('a'))).toBe('a');
  });
});

describe('an aborted request', () => {
  it('is rejected at once and its work never begins', async () => {
    const { begun, start, end } = work();
    const lane = new NewestFirst({ parallel: 1 });
    const controller = new AbortController();
    quietly(lane.run('a', undefined, start('a')));
    const waiting = lane.run('b', controller.signal, start('b'));
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await end('a');
    expect(begun).toEqual(['a']);
    await expect(lane.run('c', controller.signal, start('c'))).rejects.toMatchObject({ code: 'cancelled' });
    expect(begun).toEqual(['a']);
  });

  it('leaves the work to others who wait for it', async () => {
    const { begun, start, end } = work();
    const lane = new NewestFirst({ parallel: 1 });
    const controller = new AbortController();
    quietly(lane.run('a', undefined, start('a')));
    const gone = lane.run('b', controller.signal, start('b'));
    const stays = lane.run('b', undefined, start('b'));
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
    await end('a');
    await end('b');
    expect(await stays).toBe('b done');
    expect(begun).toEqual(['a', 'b']);
  });

  it('does not stop work that has begun, and who asks again gets its answer', async () => {
    const { begun, start, end } = work();
    const lane = new NewestFirst({ parallel: 1 });
    const controller = new AbortController();
    const gone = lane.run('a', controller.signal, start('a'));
    controller.abort();
    await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
    const again = lane.run('a', undefined, start('a'));
    await end('a');
    expect(await again).toBe('a done');
    expect(begun).toEqual(['a']);
  });
});

describe('more than may be alive', () => {
  it('the oldest is given up, begun or not, and its signal aborted', async () => {
    const { begun, start, end } = work();
    const lane = new NewestFirst({ parallel: 1, alive: 2 });
    let signal: AbortSignal | undefined;
    const oldest = lane.run('a', undefined, (given) => {
      signal = given;
      return start('a')();
    });
    const second = lane.run('b', undefined, start('b'));
    quietly(second);
    quietly(lane.run('c', undefined, start('c')));
    await expect(oldest).rejects.toMatchObject({ code: 'cancelled' });
    expect(signal?.aborted).toBe(true);
    quietly(lane.run('d', undefined, start('d')));
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    await end('a');
    await end('d');
    expect(begun).toEqual(['a', 'd', 'c']);
    await end('c');
  });

  it('closing gives up everything', async () => {
    const { start } = work();
    const lane = new NewestFirst({ parallel: 1 });
    const all = ['a', 'b'].map((name) => lane.run(name, undefined, start(name)));
    lane.close();
    for (const one of all) await expect(one).rejects.toMatchObject({ code: 'cancelled' });
  });
});
