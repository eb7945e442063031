import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { facesTold } from '../../src/shared/faces.ts';
import { reportSchema } from '../../src/shared/json-events.ts';
import { english, inEnglish } from '../../src/shared/sentence.ts';
import { faceAt, writeDetector, writeRestorer } from '../support/face-models.ts';
import { enhanceFaces, photoOf, pixelsOf, placeIn, type Colour, type Place } from '../support/face-photos.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { onestep } from '../support/programs.ts';

/*
 * The whole way of a face on stand-ins that are made here: a detector that finds one face at a known place of everything that is not black,
 * and a restorer that makes a negative. No weights of faces are given away here.
 */

const side = 64;
/** Where the face's square is. */
const [left, top, square] = [4, 5, 56];

const detector = (folder: string): Promise<string> => writeDetector(folder, side, faceAt(left, top, square));
const smallFace = (folder: string): Promise<string> => writeDetector(folder, side, faceAt(20, 20, 30));

const flatPhoto = (folder: string, name: string, colour: Colour, depth?: 'uchar' | 'ushort'): Promise<string> =>
  photoOf(folder, name, colour, side, depth);

let both: Place;
beforeAll(async () => {
  both = await placeIn(await mkdtemp(join(tmpdir(), 'onestep-test-')), detector, writeRestorer);
});
afterAll(() => rm(both.folder, { recursive: true, force: true }));

describe('models of faces', () => {
  it('are known by what they take and give, and say what they do', () => {
    expect(both.imported).toMatchObject([
      { faces: 'detector', summary: 'Finds faces, imported (YuNet).', options: [], problem: null },
      { faces: 'restorer', summary: 'Restores faces, imported (ONNX, 256 × 256).', options: ['fidelity'], defaults: { fidelity: 0.25 } },
    ]);
  });

  it('do not enlarge photos, which is told', async () => {
    const photo = await flatPhoto(both.folder, 'model.png', [200, 100, 50]);
    for (const model of ['yunet', 'restorer']) {
      await expect(enhanceFaces(both, photo, { model })).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining('is for faces') as string,
      });
    }
  });

  it.each([
    ['both', []],
    ['detector', [writeRestorer]],
    ['restorer', [detector]],
  ] as const)('that are missing are told, with where to get them: %s', async (missing, present) => {
    const place = await placeIn(await testFolder(), ...present);
    const photo = await flatPhoto(place.folder, 'photo.png', [200, 100, 50]);
    await expect(enhanceFaces(place, photo, {})).rejects.toMatchObject({
      code: 'model-not-found',
      message: english.say(`faces.missing.${missing}`),
      advice: expect.stringContaining('onestep models available') as string,
    });
  });
});

describe('the face of a photo', () => {
  it('is found, made anew and put back; nothing else changes', async () => {
    const photo = await flatPhoto(both.folder, 'photo.png', [200, 100, 50]);
    const report = await enhanceFaces(both, photo, { fidelity: 0 });
    expect(report).toMatchObject({ fidelity: 0, faces: { found: 1, restored: 1, tooSmall: 0, tooLarge: 0, fidelity: 0 } });
    expect(reportSchema.safeParse(JSON.parse(JSON.stringify(report, inEnglish))).error).toBeUndefined();
    const [made, plain] = [await pixelsOf(report), await pixelsOf(await enhanceFaces(both, photo, { faces: false }))];
    const middle = { x: 2 * left + square, y: 2 * top + square };
    expect(made.at(middle.x, middle.y)).toEqual([55, 155, 205]);
    const changed = Array.from(made.values.keys()).filter((index) => made.values[index] !== plain.values[index]);
    const [columns, rows] = [
      changed.map((index) => Math.floor(index / 3) % made.width),
      changed.map((index) => Math.floor(index / 3 / made.width)),
    ];
    // The share of its outermost pixels is too small to be seen.
    expect([Math.min(...columns), Math.max(...columns)]).toEqual([2 * left + 1, 2 * (left + square) - 2]);
    expect([Math.min(...rows), Math.max(...rows)]).toEqual([2 * top + 1, 2 * (top + square) - 2]);
  });

  it('is what the model of the photo made of it at fidelity 1, and a part of both by default', async () => {
    const photo = await flatPhoto(both.folder, 'fidelity.png', [200, 100, 50]);
    const plain = await pixelsOf(await enhanceFaces(both, photo, { faces: false }));
    expect((await pixelsOf(await enhanceFaces(both, photo, { fidelity: 1 }))).values).toEqual(plain.values);
    const usual = await pixelsOf(await enhanceFaces(both, photo, {}));
    expect(usual.at(64, 66)[0]).toBe(Math.round(200 + 0.75 * (55 - 200)));
  });

  it('keeps its 16 bits', async () => {
    const photo = await flatPhoto(both.folder, 'deep.png', [51_401, 25_703, 12_349], 'ushort');
    const report = await enhanceFaces(both, photo, { fidelity: 0 });
    expect((await sharp(report.output ?? '').metadata()).depth).toBe('ushort');
    const colour = (await pixelsOf(report)).at(64, 66);
    [51_401, 25_703, 12_349].forEach((level, channel) => {
      expect(Math.abs((colour[channel] ?? 0) - (65_535 - level))).toBeLessThanOrEqual(1);
    });
  });

  it.each([
    ['grey', 1],
    ['with transparency', 4],
    ['grey, with transparency', 2],
  ] as const)('is made anew in a photo that is %s', async (name, channels) => {
    const photo = join(both.folder, `${name}.png`);
    const pixels = Uint8Array.from({ length: side * side * channels }, (_, index) => [200, 100, 50, 128][index % channels] ?? 0);
    const alpha = 128;
    if (channels === 2) pixels.forEach((_, index) => (pixels[index] = index % 2 === 0 ? 200 : alpha));
    await sharp(pixels, { raw: { width: side, height: side, channels } })
      .png()
      .toFile(photo);
    const report = await enhanceFaces(both, photo, { fidelity: 0 });
    expect(report.faces).toMatchObject({ found: 1, restored: 1 });
    expect((await pixelsOf(report)).at(64, 66)).toEqual({ 1: [55, 55, 55], 2: [55, 55, 55, alpha], 4: [55, 155, 205, alpha] }[channels]);
  });

  it('is made anew where it is cut off by the edge of the photo', async () => {
    const place = await placeIn(await testFolder(), (folder) => writeDetector(folder, side, faceAt(-16, 20, 56)), writeRestorer);
    const photo = await flatPhoto(place.folder, 'cut.png', [200, 100, 50]);
    const report = await enhanceFaces(place, photo, { fidelity: 0 });
    expect(report.faces).toMatchObject({ found: 1, restored: 1 });
    const { at } = await pixelsOf(report);
    expect([at(0, 116), at(126, 2)]).toEqual([
      [55, 155, 205],
      [200, 100, 50],
    ]);
  });

  it('is in a part of the photo what it is in the whole', async () => {
    const photo = await flatPhoto(both.folder, 'part.png', [200, 100, 50]);
    const whole = await pixelsOf(await enhanceFaces(both, photo, { fidelity: 0 }));
    const region = { left: 2, top: 20, width: 30, height: 30 };
    const part = await pixelsOf(await enhanceFaces(both, photo, { fidelity: 0 }, region));
    const cut = Array.from({ length: 60 }, (_, y) =>
      Array.from(whole.values.subarray(((y + 40) * 128 + 4) * 3, ((y + 40) * 128 + 64) * 3)),
    );
    expect(Array.from(part.values)).toEqual(cut.flat());
  });

  it('is told where there is none, and where it is too small to be restored', async () => {
    const black = await enhanceFaces(both, await flatPhoto(both.folder, 'black.png', [0, 0, 0]), {});
    expect(black.faces).toMatchObject({ found: 0, restored: 0 });
    const place = await placeIn(await testFolder(), smallFace, writeRestorer);
    const small = await enhanceFaces(place, await flatPhoto(place.folder, 'small.png', [200, 100, 50]), {});
    expect(small.faces).toMatchObject({ found: 1, restored: 0, tooSmall: 1 });
    expect((await pixelsOf(small)).at(64, 64)).toEqual([200, 100, 50]);
    expect([black.faces, small.faces].map((faces) => faces && english.tell(facesTold(faces)))).toEqual([
      'No face was found.',
      '1 face found, 0 restored; too small to restore: 1.',
    ]);
  });
});

describe('onestep enhance --faces', () => {
  it('tells what became of the faces', async () => {
    const photo = await flatPhoto(both.folder, 'told.png', [200, 100, 50]);
    const words = ['enhance', photo, '--faces', '--scale', '2', '--model', 'identity-x2', '--provider', 'cpu'];
    const models = await onestep(both.folder, ['models'], { env: { ONESTEP_MODELS: both.models } });
    expect(models.out).toMatch(/^restorer {2}restores faces/m);
    expect(models.out).toMatch(/^yunet {2}finds faces/m);
    const missing = await onestep(both.folder, words, { env: { ONESTEP_MODELS: goldenFolder } });
    expect(missing.error).toContain('To restore faces, two models are needed that are not installed');
  });
});
