import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planJob } from '../../src/engine/plan.ts';
import type { Progress } from '../../src/shared/engine-protocol.ts';
import { faceAt, writeDetector, writeRestorer } from '../support/face-models.ts';
import { enhanceFaces, requestFor, photoOf, placeIn, type Place } from '../support/face-photos.ts';

/* Photos of several faces, on the stand-ins of faces.test.ts: each face at a known place, and restored to a negative. */

const side = 192;
/** The left edge, the top and the side of each face's square. */
const squares: readonly (readonly [number, number, number])[] = [
  [120, 8, 60],
  [4, 5, 56],
  [60, 110, 64],
];

let three: Place;
let photo: string;
beforeAll(async () => {
  three = await placeIn(
    await mkdtemp(join(tmpdir(), 'onestep-test-')),
    (folder) => writeDetector(folder, side, ...squares.map((square) => faceAt(...square))),
    writeRestorer,
  );
  photo = await photoOf(three.folder, 'three.png', [200, 100, 50], side);
});
afterAll(() => rm(three.folder, { recursive: true, force: true }));

describe('while faces are restored', () => {
  it('each is told in its turn, the bar moves with it, and the time that is left takes in the rest', async () => {
    // Measured before: the photo's own model, and the restorer.
    await enhanceFaces(three, photo, {});
    const told: Progress[] = [];
    await enhanceFaces(three, photo, {}, undefined, { onProgress: (progress) => told.push(progress) });
    const faces = told.filter(({ face }) => face !== undefined);
    // The first is told twice: before its restorer is opened, and with the time that each takes.
    expect(faces.map(({ face }) => face)).toEqual([1, 1, 2, 3].map((number) => ({ number, count: 3 })));
    expect(faces.map(({ secondsLeft }) => secondsLeft !== null && secondsLeft > 0)).toEqual([false, true, true, true]);
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
    expect(new Set(faces.slice(1).map(({ fraction }) => fraction)).size).toBe(3);
    expect(told.at(-1)).toMatchObject({ stage: 'verify' });
  });

  it('the promise of time before them counts one, as nobody has looked for them yet', async () => {
    const [plain = 0, withFaces = 0] = await Promise.all(
      [false, true].map(async (faces) => (await planJob(requestFor(photo, { faces }), three.engine)).estimatedSeconds ?? 0),
    );
    expect(plain).toBeGreaterThan(0);
    expect(withFaces).toBeGreaterThan(plain);
  });

  it('a person can cancel between two of them', async () => {
    const controller = new AbortController();
    const begun: (number | undefined)[] = [];
    const cancelled = enhanceFaces(three, photo, {}, undefined, {
      signal: controller.signal,
      onProgress: ({ face }) => {
        if (face !== undefined) begun.push(face.number);
        // As it comes from another process: not before the event loop turns.
        if (face?.number === 2) setImmediate(() => controller.abort());
      },
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(begun).not.toContain(3);
  });
});
