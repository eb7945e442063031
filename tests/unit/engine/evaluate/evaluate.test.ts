import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import { encodeGraph } from '../../../../src/convert/graph/write.ts';
import { driftLevels, renderDriftMap } from '../../../../src/engine/evaluate/drift-map.ts';
import { evaluateResult } from '../../../../src/engine/evaluate/evaluate.ts';
import { LearnedMetrics } from '../../../../src/engine/evaluate/learned-metrics.ts';
import { driftColour } from '../../../../src/shared/drift-scale.ts';
import type { Evaluation, EvaluationRequest } from '../../../../src/shared/evaluation.ts';
import { testFolder } from '../../../support/golden.ts';
import { sha256Of } from '../../../support/file-server.ts';
import { flatPicture, picture, savePicture } from '../../../support/pictures.ts';

interface Told {
  readonly value: number | null;
  readonly missing: string | null;
}

async function evaluate(
  folder: string,
  request: Partial<EvaluationRequest>,
  signal = new AbortController().signal,
): Promise<Record<string, Told>> {
  const whole = { result: join(folder, 'result.png'), reference: null, source: null, metricsFolder: folder, ...request };
  const watch = {
    temporaryFolder: join(folder, 'temporary'),
    threads: 1,
    learned: new LearnedMetrics(),
    signal,
    onProgress: () => undefined,
  };
  const { measurements }: Evaluation = await evaluateResult(whole, watch);
  return Object.fromEntries(measurements.map(({ metric, value, missing }) => [metric.id, { value, missing }]));
}

/** The mean difference of the two pictures, as a graph. */
async function differenceGraph(): Promise<Uint8Array> {
  const b = new GraphBuilder('difference');
  const [x, y] = [b.input('x', [1, 3, 'h', 'w'], 'float32'), b.input('y', [1, 3, 'h', 'w'], 'float32')];
  b.output('score', b.node('ReduceMean', [b.node('Abs', [b.node('Sub', [x, y])])], { keepdims: 0 }), [], 'float32');
  return encodeGraph(b.finish());
}

describe('an evaluation', () => {
  it('measures what makes sense for what is given, and says why not the rest', async () => {
    const folder = await testFolder();
    await savePicture(flatPicture(64, 48, 100, 110, 120), join(folder, 'result.png'));
    const source = await savePicture(flatPicture(16, 12, 100, 110, 120), join(folder, 'source.png'));
    const other = await savePicture(flatPicture(60, 48, 100, 110, 120), join(folder, 'other.png'));
    expect(await evaluate(folder, {})).toEqual({ niqe: { value: null, missing: 'no-parameters' } });
    expect(await evaluate(folder, { source, reference: other })).toEqual({
      'psnr-y': { value: null, missing: 'other-size' },
      'ssim-y': { value: null, missing: 'other-size' },
      'lr-consistency': { value: expect.closeTo(80, 6) as number, missing: null },
      niqe: { value: null, missing: 'no-parameters' },
      'niqe-source': { value: null, missing: 'no-parameters' },
    });
    expect(await evaluate(folder, { source: other })).toMatchObject({ 'lr-consistency': { value: null, missing: 'other-size' } });
    expect(await evaluate(folder, { reference: join(folder, 'result.png') })).toMatchObject({
      'psnr-y': { value: expect.closeTo(80, 6) as number },
      'ssim-y': { value: expect.closeTo(1, 9) as number },
    });
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('fails by the picture that is to blame, and ends when it is cancelled', async () => {
    const folder = await testFolder();
    await savePicture(flatPicture(64, 48, 100), join(folder, 'result.png'));
    await expect(evaluate(folder, { source: join(folder, 'missing.png') })).rejects.toMatchObject({ code: 'not-found' });
    await expect(evaluate(folder, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });
});

describe('a learned metric', () => {
  const description = {
    id: 'difference',
    label: 'Difference',
    file: 'difference.onnx',
    inputs: { result: 'x', reference: 'y' },
    better: 'lower',
  };

  it('is run as its description says', async () => {
    const folder = await testFolder();
    const graph = await differenceGraph();
    await writeFile(join(folder, 'difference.onnx'), graph);
    await savePicture(flatPicture(20, 10, 200, 100, 50), join(folder, 'result.png'));
    const reference = await savePicture(flatPicture(20, 10, 149, 100, 50), join(folder, 'reference.png'));
    const describeMetric = (more: object): Promise<void> =>
      writeFile(join(folder, 'a.metric.json'), JSON.stringify({ ...description, ...more }));
    await describeMetric({ sha256: sha256Of(graph) });
    // Without a reference it is not measured at all.
    expect(await evaluate(folder, {})).not.toHaveProperty('difference');
    expect(await evaluate(folder, { reference })).toMatchObject({ difference: { value: expect.closeTo(51 / 255 / 3, 6) as number } });
    await describeMetric({ range: [-1, 1], mean: [0.5, 0, 0], deviation: [0.25, 1, 1] });
    expect(await evaluate(folder, { reference })).toMatchObject({
      difference: { value: expect.closeTo(((51 / 255) * 2 * 4) / 3, 5) as number },
    });
    await describeMetric({ maxMegapixels: 0.0001 });
    expect(await evaluate(folder, { reference })).toMatchObject({ difference: { value: null, missing: 'too-large' } });
  });

  it('is left out where its file is another, missing, or no metric, and refused where its description is none', async () => {
    const folder = await testFolder();
    await savePicture(flatPicture(20, 10, 200, 100, 50), join(folder, 'result.png'));
    const reference = join(folder, 'result.png');
    const told = async (more: object): Promise<unknown> => {
      await writeFile(join(folder, 'a.metric.json'), JSON.stringify({ ...description, ...more }));
      return (await evaluate(folder, { reference })).difference;
    };
    expect(await told({})).toEqual({ value: null, missing: 'unusable' });
    await writeFile(join(folder, 'difference.onnx'), await differenceGraph());
    expect(await told({ sha256: '0'.repeat(64) })).toEqual({ value: null, missing: 'unusable' });
    expect(await told({ inputs: { result: 'z' } })).toEqual({ value: null, missing: 'unusable' });
    await expect(told({ file: '../difference.onnx' })).rejects.toMatchObject({ code: 'damaged-model-file' });
  });
});

describe('a drift map', () => {
  /** Four times as large, each pixel repeated. */
  function enlarged(source: ReturnType<typeof picture>): ReturnType<typeof picture> {
    const [width, height] = [source.width * 4, source.height * 4];
    const samples = new Uint8Array(width * height * 3).map((_, index) => {
      const pixel = Math.floor(index / 3);
      const from = Math.floor(Math.floor(pixel / width) / 4) * source.width + Math.floor((pixel % width) / 4);
      return source.samples[from * 3 + (index % 3)] ?? 0;
    });
    return picture(width, height, 3, samples);
  }

  it('shows where a result differs, and by how much', async () => {
    const source = flatPicture(30, 20, 100, 100, 100);
    const result = enlarged(source);
    // The whole neighbourhood of the source's pixel (10, 5), so that the filter sees nothing else there.
    for (let y = 4 * 3; y < 4 * 8; y++) for (let x = 4 * 8; x < 4 * 13; x++) result.samples[(y * 120 + x) * 3 + 1] = 117;
    const { width, height, levels } = await driftLevels(result, source, 100);
    expect([width, height]).toEqual([30, 20]);
    expect(levels[5 * 30 + 10]).toBe(17);
    expect([levels[0], levels[19 * 30 + 29]]).toEqual([0, 0]);
    // Fewer pixels than the photo has: none of it is lost.
    const small = await driftLevels(result, source, 8);
    expect([small.width, small.height]).toEqual([8, 5]);
    expect(Math.max(...small.levels)).toBe(Math.max(...levels));
  });

  it('is a picture in the colours of its scale', async () => {
    const folder = await testFolder();
    const result = await savePicture(flatPicture(80, 40, 116, 100, 100), join(folder, 'result.png'));
    const source = await savePicture(flatPicture(20, 10, 100, 100, 100), join(folder, 'source.png'));
    const map = sharp(await renderDriftMap({ result, source }, 2048, folder));
    const { data, info } = await map.raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, ...data.subarray(0, 3)]).toEqual([20, 10, ...driftColour(16)]);
    await expect(renderDriftMap({ result: source, source: result }, 2048, folder)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('has colours that grow lighter from first to last', () => {
    const brightness = Array.from({ length: 33 }, (_, levels) => {
      const [red, green, blue] = driftColour(levels);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    expect(brightness.toSorted((a, b) => a - b)).toEqual(brightness);
    expect(driftColour(200)).toEqual(driftColour(32));
  });
});
