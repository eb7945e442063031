import { describe, expect, it } from 'vitest';
import { Subject } from '../../../../src/renderer/features/compare/subject.svelte.ts';
import type { Pyramid } from '../../../../src/shared/engine-protocol.ts';
import type { PhotoCard, ResultCard } from '../../../../src/shared/library.ts';
import { Problem } from '../../../../src/shared/problem.ts';

const pyramid = (width: number): Pyramid => ({ width, height: 100, tileSide: 256, levels: [{ width, height: 100 }] });
const result: ResultCard = { id: 11, path: '/a_4x.jpg', version: 'r', width: null, height: null };
const card = (id: number, more: Partial<PhotoCard> = {}): PhotoCard => ({
  ...{ id, path: '/a.jpg', name: 'a.jpg', folder: '/', format: 'jpeg', fileBytes: 1, modified: 0, width: null, height: null },
  ...{ version: 'v', state: 'new', jobId: null, result: null },
  ...more,
});

/** Pyramids that come when they are told to. */
function scripted() {
  const asked: { id: number; come: (pyramid: Pyramid) => void; fail: (error: unknown) => void }[] = [];
  const calls = {
    facts: async (): Promise<never> => {
      throw new Problem('not-readable', 'Nothing is known.');
    },
    pyramid: (id: number) =>
      new Promise<Pyramid>((come, fail) => {
        asked.push({ id, come, fail });
      }),
  };
  return { asked, subject: new Subject(calls) };
}

describe('Subject', () => {
  it('is ready when both pictures are', async () => {
    const { asked, subject } = scripted();
    const shown = subject.show(card(10, { result }));
    expect(asked.map(({ id }) => id)).toEqual([10, 11]);
    subject.progressed(11, 0.4);
    subject.progressed(99, 0.9);
    expect(subject.fraction).toBe(0.4);
    asked[0]?.come(pyramid(100));
    asked[1]?.come(pyramid(400));
    await shown;
    expect(subject.state).toMatchObject({ kind: 'ready', source: { id: 10 }, result: { id: 11, version: 'r' } });
  });

  it('asks for nothing when only the words on the card have changed', async () => {
    const { asked, subject } = scripted();
    const shown = subject.show(card(10));
    asked[0]?.come(pyramid(100));
    await shown;
    await subject.show(card(10, { state: 'running' }));
    expect(asked).toHaveLength(1);
    expect(subject.card?.state).toBe('running');
  });

  it('stays on the screen until a result that has just been made is there', async () => {
    const { asked, subject } = scripted();
    const first = subject.show(card(10));
    asked[0]?.come(pyramid(100));
    await first;
    const second = subject.show(card(10, { result }));
    expect(subject.state.kind).toBe('ready');
    asked[1]?.come(pyramid(100));
    asked[2]?.come(pyramid(400));
    await second;
    expect(subject.state).toMatchObject({ kind: 'ready', result: { id: 11 } });
  });

  it('says that it is loading only where that takes a while', async () => {
    const { asked, subject } = scripted();
    const first = subject.show(card(10));
    asked[0]?.come(pyramid(100));
    await first;
    const second = subject.show(card(20));
    expect(subject.state).toMatchObject({ kind: 'ready', source: { id: 10 } });
    await expect.poll(() => subject.state.kind).toBe('loading');
    asked[1]?.come(pyramid(200));
    await second;
    expect(subject.state).toMatchObject({ kind: 'ready', source: { id: 20 } });
  });

  it('forgets what comes too late', async () => {
    const { asked, subject } = scripted();
    const slow = subject.show(card(10));
    const quick = subject.show(card(20));
    asked[1]?.come(pyramid(200));
    await quick;
    asked[0]?.come(pyramid(100));
    await slow;
    expect(subject.state).toMatchObject({ kind: 'ready', source: { id: 20 } });
  });

  it('says why there is nothing to see, and tries again when asked to', async () => {
    const { asked, subject } = scripted();
    const shown = subject.show(card(10));
    asked[0]?.fail(new Problem('not-found', 'The photo is no longer there.'));
    await shown;
    expect(subject.state).toMatchObject({ kind: 'failed', problem: { code: 'not-found' } });
    const again = subject.again();
    asked[1]?.come(pyramid(100));
    await again;
    expect(subject.state.kind).toBe('ready');
  });
});
