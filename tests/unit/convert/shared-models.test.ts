import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { convertModel, type Draft } from '../../../src/convert/convert.ts';
import { findSources } from '../../../src/convert/sources.ts';
import { runGraph } from '../../../src/import/run-graph.ts';
import { testFolder } from '../../support/golden.ts';
import { runCompact } from '../../support/compact-reference.ts';
import { sharedData } from '../../support/shared-data.ts';
import { needs } from '../../support/needs.ts';

const weights = (...parts: string[]): string => sharedData('weights', ...parts);

async function convert(...files: string[]): Promise<{ draft: Draft; folder: string }> {
  const folder = await testFolder();
  const [source] = await findSources(files);
  if (source === undefined) throw new Error('no source');
  const draft = await convertModel(source, folder, (path, picture) => runGraph(path, picture, 2));
  if ('does' in draft) throw new Error('This is no model for photos.');
  return { draft, folder };
}

/** RGB 0…1 of a photo, or of the middle of it. */
async function photo(path: string, size?: { width: number; height: number }) {
  const decoded = sharp(path).removeAlpha();
  const { width, height } = await decoded.metadata();
  const part = size && { ...size, left: Math.floor((width - size.width) / 2), top: Math.floor((height - size.height) / 2) };
  const { data, info } = await (part === undefined ? decoded : decoded.extract(part)).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, values: Float32Array.from(data, (level) => level / 255) };
}

async function enlarge(folder: string, picture: Awaited<ReturnType<typeof photo>>): Promise<Float32Array> {
  const answer = await runGraph(join(folder, 'fp32.onnx'), picture, 2);
  if ('refusal' in answer) throw new Error(answer.refusal);
  return answer.values;
}

describe('models of other people', needs('sharedData'), () => {
  it.each([
    ['RealESRGAN_General_x4_v3', 32, 34],
    ['RealESRGAN_General_WDN_x4_v3', 32, 34],
    ['4xLSDIRCompactC3', 16, 18],
    ['realesr-animevideov3-x4', 16, 18],
  ])('%s gives what its weights say, on a photo', async (name, convolutions, radius) => {
    const { draft, folder } = await convert(weights('ncnn', `${name}.param`));
    expect(draft).toMatchObject({ scale: 4, radius, kind: 'ncnn' });
    const [width, height] = [23, 18];
    const picture = await photo(sharedData('photos', 'desk-plants.jpg'), { width, height });
    const planes = Float32Array.from(picture.values, (_, index) => {
      const [channel, place] = [Math.floor(index / width / height), index % (width * height)];
      return picture.values[place * 3 + channel] ?? 0;
    });
    const expected = runCompact(await readFile(weights('ncnn', `${name}.bin`)), convolutions, planes, height, width);
    const actual = await enlarge(folder, picture);
    let squares = 0;
    for (const [index, value] of actual.entries()) {
      const [channel, place] = [index % 3, Math.floor(index / 3)];
      squares += (value - (expected[channel * 16 * width * height + place] ?? Number.NaN)) ** 2;
    }
    expect(10 * Math.log10(actual.length / squares)).toBeGreaterThan(100);
  });

  it.each([
    ['ncnn/realesr-animevideov3-x2.param', 2, 19],
    ['ncnn/waifu2x/upconv_7_photo/scale2.0x_model.param', 2, 7],
    ['ncnn/waifu2x/cunet/noise1_scale2.0x_model.bin', 2, null],
    ['ncnn/realcugan/se/up2x-conservative.param', 2, null],
    ['ncnn/realcugan/se/up4x-conservative.param', 4, null],
    ['onnx/2xNomosUni_compact_otf_medium.onnx', 2, 18],
    ['onnx/2xNomosUni_span_multijpg_ldl.onnx', 2, 21],
  ])('%s is understood: ×%i, radius %s', async (file, scale, radius) => {
    expect((await convert(weights(file))).draft).toMatchObject({ scale, radius });
  });

  it.each(['realesrgan-x4plus', 'remacri-4x'])('%s without its weights is refused by name', async (name) => {
    await expect(convert(weights('ncnn', 'param-only', `${name}.param`))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(`${name}.bin`) as string,
    });
  });

  // Measured with the reference reader in Python, on a crop of RealSR.
  it.each([
    ['RealESRGAN_General_x4_v3', 17.62],
    ['RealESRGAN_General_WDN_x4_v3', 19.33],
    ['4xLSDIRCompactC3', 20.22],
  ])('%s: %f dB (luma) on Canon_041', async (name, expected) => {
    const { folder } = await convert(weights('ncnn', `${name}.bin`));
    const truth = await photo(sharedData('bench', 'RealSR', 'HR', 'Canon_041_LR4.png'));
    const actual = await enlarge(folder, await photo(sharedData('bench', 'RealSR', 'LR', 'Canon_041_LR4.png')));
    const shown = actual.map((value) => Math.floor(Math.min(1, Math.max(0, value)) * 255 + 0.5) / 255);
    // ITU-R BT.601 luma of 0…1, without its offset.
    const luma = (pixels: Float32Array, at: number): number =>
      (65.481 * (pixels[at] ?? 0) + 128.553 * (pixels[at + 1] ?? 0) + 24.966 * (pixels[at + 2] ?? 0)) / 255;
    let squares = 0;
    for (let at = 0; at < shown.length; at += 3) squares += (luma(shown, at) - luma(truth.values, at)) ** 2;
    expect(Math.abs(10 * Math.log10(shown.length / 3 / squares) - expected)).toBeLessThan(0.02);
  });
});
