import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planJob } from '../../src/engine/plan.ts';
import type { Progress } from '../../src/shared/engine-protocol.ts';
import { facesTold } from '../../src/shared/faces.ts';
import { reportSchema } from '../../src/shared/json-events.ts';
import { english, inEnglish } from '../../src/shared/sentence.ts';
import { faceAt, writeDetector, writeRestorer } from '../support/face-models.ts';
import { enhanceFaces, photoOf, pixelsOf, placeIn, requestFor, type Place } from '../support/face-photos.ts';
import { goldenFolder } from '../support/golden.ts';
import { onestep } from '../support/programs.ts';

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

/** The middle of a face's square in parts of the photo. */
const middleOf = (index: number): { x: number; y: number } => {
  const [left, top, square] = squares[index] ?? [0, 0, 0];
  return { x: (left + square / 2) / side, y: (top + square / 2) / side };
};
/** Whether a pixel of the result, twice as large, is of that face's square. */
const isOf = (index: number, x: number, y: number): boolean => {
  const [left, top, square] = squares[index] ?? [0, 0, 0];
  return x >= 2 * left && y >= 2 * top && x < 2 * (left + square) && y < 2 * (top + square);
};

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

describe('a face that is to be left alone', () => {
  it('is what the photo is without faces; elsewhere all is what it is with them', async () => {
    const [plain, all] = await Promise.all([false, true].map(async (faces) => pixelsOf(await enhanceFaces(three, photo, { faces }))));
    // From left to right the second one is that at 60, 110.
    const report = await enhanceFaces(three, photo, { leaveFaces: [middleOf(2)] });
    const { values, width } = await pixelsOf(report);
    const expected = Array.from(values.keys(), (index) => {
      const pixel = Math.floor(index / 3);
      return (isOf(2, pixel % width, Math.floor(pixel / width)) ? plain : all)?.values[index];
    });
    expect(Array.from(values)).toEqual(expected);
    expect(all?.values).not.toEqual(values);
    expect(report.faces).toMatchObject({ found: 3, restored: 2, left: 1, tooSmall: 0, tooLarge: 0 });
    expect(report.faces?.each.map(({ outcome }) => outcome)).toEqual(['restored', 'left', 'restored']);
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(report, inEnglish))).error).toBeUndefined();
    expect(report.faces && english.tell(facesTold(report.faces))).toBe('3 faces found, 2 restored; left alone as you chose: 1.');
  });

  it('is told with its place, by which it is named again', async () => {
    const { faces } = await enhanceFaces(three, photo, {});
    expect(faces?.each).toHaveLength(3);
    for (const [place, index] of [1, 2, 0].entries()) {
      const [, , square = 0] = squares[index] ?? [];
      const face = faces?.each[place];
      const { x, y } = middleOf(index);
      expect(face).toMatchObject({ x: expect.closeTo(x, 3) as number, y: expect.closeTo(y, 3) as number, outcome: 'restored' });
      expect([face?.side, face?.turn]).toEqual([expect.closeTo(square / side, 3), expect.closeTo(0, 1)]);
    }
    const again = await enhanceFaces(three, photo, { leaveFaces: faces?.each.map(({ x, y }) => ({ x, y })) ?? null });
    expect(again.faces).toMatchObject({ restored: 0, left: 3 });
    const without = await enhanceFaces(three, photo, { faces: false });
    expect((await pixelsOf(again)).values).toEqual((await pixelsOf(without)).values);
  });

  it('is left alone in a part of the photo, too, and may be named where the part has none of it', async () => {
    const whole = await pixelsOf(await enhanceFaces(three, photo, { leaveFaces: [middleOf(1), middleOf(2)] }));
    const region = { left: 100, top: 0, width: 92, height: 80 };
    const report = await enhanceFaces(three, photo, { leaveFaces: [middleOf(1), middleOf(2)] }, region);
    expect(report.faces).toMatchObject({ found: 1, restored: 1, left: 0 });
    const part = await pixelsOf(report);
    for (const [x, y] of [
      [0, 0],
      [100, 76],
      [183, 159],
    ] as const) {
      expect(part.at(x, y), `${x}, ${y}`).toEqual(whole.at(x + 200, y));
    }
    expect(part.at(100, 76)).toEqual(
      [55, 155, 205].map((level, channel) => Math.round(level + 0.25 * (([200, 100, 50][channel] ?? 0) - level))),
    );
  });

  it('is refused where there is none, with the places of those that there are', async () => {
    const nowhere = enhanceFaces(three, photo, { leaveFaces: [middleOf(0), { x: 0.9, y: 0.9 }] });
    await expect(nowhere).rejects.toMatchObject({
      code: 'bad-request',
      message: 'No face was found at 90x90, so none can be left alone there.',
      advice: expect.stringContaining('Faces were found at 16.7x17.2, 47.9x74, 78.1x19.8.') as string,
    });
    const black = await photoOf(three.folder, 'black.png', [0, 0, 0], side);
    await expect(enhanceFaces(three, black, { leaveFaces: [middleOf(0)] })).rejects.toMatchObject({
      advice: 'No face was found in this photo. Leave out --leave-faces.',
    });
    await expect(enhanceFaces(three, photo, { faces: false, leaveFaces: [middleOf(0)] })).rejects.toMatchObject({
      code: 'bad-request',
      advice: 'Add --faces, or leave out --leave-faces.',
    });
  });
});

describe('onestep enhance --leave-faces', () => {
  const run = async (spots: string) => {
    // The command line has one folder of models.
    await cp(join(goldenFolder, 'identity-x2'), join(three.models, 'identity-x2'), { recursive: true });
    const words = ['enhance', photo, '--faces', '--leave-faces', spots, '--scale', '2', '--model', 'identity-x2', '--provider', 'cpu'];
    return onestep(three.folder, [...words, '--verbose'], { env: { ONESTEP_MODELS: three.models } });
  };

  it('leaves faces alone, and tells the places of all', async () => {
    const { out, error } = await run('16x17,78x20');
    expect(error).toBe('');
    expect(out).toContain('faces: 3 faces found, 1 restored; left alone as you chose: 2.');
    expect(out).toContain('face at 16.7x17.2: left alone\n  face at 47.9x74: restored\n  face at 78.1x19.8: left alone\n');
  });

  it('says what a place is where it is given something else, and where faces are', async () => {
    expect((await run('2,5')).error).toContain('each by a spot in it, in % of width and height, such as 31x42,70x55');
    expect((await run('90x90')).error).toContain('Faces were found at 16.7x17.2, 47.9x74, 78.1x19.8.');
  });
});
