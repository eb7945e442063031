import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { contract } from '../../src/shared/contract.ts';
import { Problem } from '../../src/shared/problem.ts';
import { call, checkedCalls, event, returns, type Handlers } from '../../src/shared/protocol/call.ts';
import { connect, serve, type Channel } from '../../src/shared/protocol/connect.ts';
import { EventFan } from '../../src/shared/protocol/event-fan.ts';
import { job, tells, watchedCalls } from '../../src/shared/protocol/job.ts';

/** The contract with a call and an event more: nothing but two rows. */
const larger = {
  calls: {
    ...contract.calls,
    queue: { ...contract.calls.queue, rename: call([z.string().min(1).max(60), z.int().min(0).max(9)], returns<{ title: string }>()) },
  },
  events: { ...contract.events, queueRenamed: event<[title: string, times: number]>() },
} as const;

/** Two ends of a wire that carries JSON, as a WebSocket does. */
function wire(): [near: Channel, far: Channel] {
  const hear: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const end = (own: 0 | 1): Channel => ({
    post: (message) => {
      const text = JSON.stringify(message);
      for (const receive of hear[own === 0 ? 1 : 0]) receive(JSON.parse(text));
    },
    on: (receive) => hear[own].push(receive),
  });
  return [end(0), end(1)];
}

type LargerCalls = (typeof larger)['calls'];

function spoken(rename: Handlers<LargerCalls>['queue']['rename']) {
  const [near, far] = wire();
  const refused: unknown[] = [];
  const events = new EventFan(larger.events);
  // Every other call has nobody who answers it.
  const handlers = { queue: { rename } } as unknown as Handlers<LargerCalls>;
  const served = serve(larger, checkedCalls(larger.calls, handlers), far, (message) => refused.push(message));
  events.listen(served.tell);
  const heard: (readonly [string, number])[] = [];
  const connected = connect(larger, { queueRenamed: (title, times) => heard.push([title, times]) }, near);
  return { ...connected, tell: events.tell, heard, refused, near };
}

describe('a call and an event are a row each', () => {
  it('and travel with what they carry, types included', async () => {
    const { calls, tell, heard } = spoken((title, times) => {
      const answer = { title: title.repeat(times) };
      tell.queueRenamed(answer.title, times);
      return answer;
    });
    const { title }: { title: string } = await calls.queue.rename('ab', 2);
    expect(title).toBe('abab');
    expect(heard).toEqual([['abab', 2]]);
    // @ts-expect-error: the row says a number.
    await expect(calls.queue.rename('ab', '2')).rejects.toBeInstanceOf(Problem);
  });

  it.each([
    ['a number that is too large', ['ab', 10]],
    ['an argument too few', ['ab']],
    ['an argument too many', ['ab', 1, 1]],
    ['a text that is too long', ['a'.repeat(61), 1]],
  ])('and what does not fit never comes to a handler: %s', async (_, given) => {
    const asked: unknown[] = [];
    const { call: make } = spoken((...all) => {
      asked.push(all);
      return { title: '' };
    });
    await expect(make('queue.rename', given)).rejects.toMatchObject({ code: 'bad-request' });
    expect(asked).toEqual([]);
  });

  it('and what is in no row is nobody’s: names, messages, answers', async () => {
    const { call: make, near, refused, calls } = spoken(() => ({ title: '' }));
    for (const name of ['queue.constructor', 'queue', 'queueRenamed', 'toString', '__proto__.toString', 'queue.rename.call']) {
      await expect(make(name, [])).rejects.toThrow('not found');
    }
    for (const message of [null, [], 'x', { t: 's', i: '1', r: 1 }, { t: 'q', m: 'queue.rename', a: { length: 1 } }]) near.post(message);
    expect(refused).toHaveLength(5);
    await expect(calls.app.start()).rejects.toThrow('nobody answers app.start');
  });
});

describe('a job is a row', () => {
  it('that is watched where ids are nobody’s business', async () => {
    const table = {
      photos: { read: job([z.string()], returns<number>(), tells<number>()), look: call([z.string()], returns<string>()) },
    } as const;
    const made: unknown[] = [];
    const { photos } = watchedCalls(table, {
      call: async (...words) => made.push(words),
      job: async (name, given, { onProgress }) => {
        onProgress?.(0.5);
        return made.push([name, given]);
      },
    });
    const told: number[] = [];
    await photos.read('a', { onProgress: (fraction) => told.push(fraction) });
    await photos.read('b');
    await photos.look('c');
    expect(told).toEqual([0.5]);
    expect(made).toEqual([
      ['photos.read', ['a']],
      ['photos.read', ['b']],
      ['photos.look', ['c']],
    ]);
  });
});
