import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { english, sentence } from '../../src/shared/sentence.ts';
import { enlargeInMemory, goldenFolder, goldenModel, openForTest, prefer, testFolder } from '../support/golden.ts';
import { collector, memoryPixels, nearest, noise, same } from '../support/memory-pixels.ts';
import { needs } from '../support/needs.ts';

const format = { width: 200, height: 150, channels: 3, bits: 8 } as const;
const photo = noise(format);

describe('a tile that comes out wrong', () => {
  const faults = [
    ['faulty-nan', 8, 'int8.onnx'],
    ['faulty-nan', 16, 'int8-float.onnx'],
    ['faulty-constant', 8, 'int8.onnx'],
    ['faulty-constant', 16, 'int8-float.onnx'],
    ['faulty-drift', 8, 'int8.onnx'],
    ['faulty-drift', 16, 'int8-float.onnx'],
  ] as const;
  for (const [id, bits, file] of faults) {
    it(`is computed again in 32 bit and never written: ${id}, ${bits} bit`, async () => {
      const model = await goldenModel(id);
      const cacheFolder = await testFolder();
      await prefer(model, file, cacheFolder);
      // A tile height above the 48 pixels from which the graph misbehaves.
      const { pipeline, notices } = await openForTest(model, { bits, cacheFolder, options: { tile: 80 } });
      expect(pipeline.precision).toBe('int8');
      const some = { ...format, bits };
      const samples = noise(some);
      expect(same(await enlargeInMemory(pipeline, some, samples), nearest(some, samples, 2))).toBe(true);
      expect(notices.map((notice) => notice.code)).toEqual(['tile-recomputed', 'tile-recomputed']);
    });
  }

  it('ends the use of a graph after the third', async () => {
    const model = await goldenModel('faulty-drift');
    const cacheFolder = await testFolder();
    await prefer(model, 'int8.onnx', cacheFolder);
    const { pipeline, notices } = await openForTest(model, { cacheFolder, options: { tile: 32 } });
    expect(same(await enlargeInMemory(pipeline, format, photo), nearest(format, photo, 2))).toBe(true);
    expect(notices.map((notice) => notice.code)).toEqual(['tile-recomputed', 'tile-recomputed', 'tile-recomputed', 'provider-fallback']);
    expect(pipeline.precision).toBe('fp32');
  });

  for (const bits of [8, 16] as const) {
    it(`is refused where the 32-bit graph gives nothing usable either, ${bits} bit`, async () => {
      const { pipeline } = await openForTest(await goldenModel('broken'), { bits });
      const result = collector(bits);
      const some = { ...format, bits };
      const running = pipeline.run(memoryPixels(some, noise(some)), { sink: result.sink, scratch: await testFolder() });
      await expect(running).rejects.toMatchObject({ name: 'Problem', code: 'wrong-output' });
      expect(result.calls()).toBe(0);
    });
  }
});

describe('a model that is shipped', () => {
  const folder = fileURLToPath(new URL('../../models/', import.meta.url));
  it.each(['onestep-photo-x2', 'onestep-photo-x4', 'onestep-photo-2'])('runs in 8 bits on a processor: %s', async (id) => {
    const { pipeline, notices } = await openForTest(await goldenModel(id, folder));
    expect(notices).toEqual([]);
    expect(pipeline.precision).toBe('int8');
  });
});

describe('a graph that fails its self-test', () => {
  it('is passed over with a notice, once, and the verdict is remembered', async () => {
    const model = await goldenModel('mismatch');
    const { pipeline, notices, cacheFolder } = await openForTest(model);
    expect(pipeline.precision).toBe('fp32');
    expect(notices.map((notice) => notice.code)).toEqual(['provider-fallback']);
    expect(notices.map(({ message }) => english.tell(message)).join()).toMatch(/int8.*dB/);
    expect(same(await enlargeInMemory(pipeline, format, photo), nearest(format, photo, 2))).toBe(true);
    const again = await openForTest(model, { cacheFolder });
    expect(again.pipeline.precision).toBe('fp32');
    expect(again.notices).toEqual([]);
  });

  it('is tested again when a file of the model has another hash', async () => {
    const folder = await testFolder();
    await cp(join(goldenFolder, 'mismatch'), join(folder, 'mismatch'), { recursive: true });
    const model = await goldenModel('mismatch', folder);
    const { cacheFolder } = await openForTest(model);
    // The repaired model: the graph that failed is replaced by a right one.
    const path = join(folder, 'mismatch', 'manifest.json');
    const right = model.manifest.graphs.find((graph) => graph.file === 'fp32-u8.onnx')?.sha256 ?? '';
    const wrong = model.manifest.graphs.find((graph) => graph.file === 'int8.onnx')?.sha256 ?? '';
    await cp(join(folder, 'mismatch', 'fp32-u8.onnx'), join(folder, 'mismatch', 'int8.onnx'));
    await writeFile(path, (await readFile(path, 'utf8')).replace(wrong, right));
    const repaired = await openForTest(await goldenModel('mismatch', folder), { cacheFolder });
    expect(repaired.notices).toEqual([]);
  });

  it('is never used where exact arithmetic is asked for', async () => {
    const { pipeline, notices } = await openForTest(await goldenModel('mismatch'), { options: { exact: true } });
    expect(pipeline.precision).toBe('fp32');
    expect(notices).toEqual([]);
  });
});

describe('a provider', () => {
  it('that no build has for this platform is refused', async () => {
    const other = process.platform === 'win32' ? 'coreml' : 'directml';
    const opening = openForTest(await goldenModel('identity-x2'), { options: { provider: other } });
    await expect(opening).rejects.toMatchObject({ code: 'provider-not-available' });
  });

  it('that does not work here gives way to the CPU with a notice (without CUDA libraries)', needs('linuxX64'), async () => {
    const { pipeline, notices } = await openForTest(await goldenModel('identity-x2'), { options: { provider: 'cuda' } });
    expect(pipeline.provider).toBe('cpu');
    expect(notices).toMatchObject([
      {
        code: 'provider-fallback',
        message: sentence('notice.notUsed', {
          device: 'NVIDIA CUDA',
          reason: sentence('device.noLibrary', { name: 'libonnxruntime_providers_cuda.so' }),
        }),
      },
    ]);
  });
});

describe('a model whose files are damaged', () => {
  it('is refused before it is opened', async () => {
    for (const file of ['fp32-u8.onnx', 'weights.bin', 'self-test.bin']) {
      const folder = await testFolder();
      await cp(join(goldenFolder, 'convolution-x2'), join(folder, 'convolution-x2'), { recursive: true });
      const path = join(folder, 'convolution-x2', file);
      const bytes = await readFile(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(path, bytes);
      const model = await goldenModel('convolution-x2', folder);
      await expect(openForTest(model, { options: { exact: true } })).rejects.toMatchObject({ code: 'model-damaged' });
    }
  });
});

describe('cancelling', () => {
  it('rejects with cancelled within a tile, and the sink gets nothing more', async () => {
    const { pipeline } = await openForTest(await goldenModel('convolution-x2'), { options: { tile: 24 } });
    const controller = new AbortController();
    const result = collector(8);
    let tiles = 0;
    const running = pipeline.run(memoryPixels(format, photo), {
      signal: controller.signal,
      scratch: await testFolder(),
      sink: result.sink,
      onTile: () => {
        tiles += 1;
        if (tiles === 2)
          setImmediate(() => {
            controller.abort();
          });
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const calls = result.calls();
    expect(tiles).toBeLessThanOrEqual(3);
    expect(calls).toBeLessThanOrEqual(3);
    // The pipeline is still usable.
    expect((await enlargeInMemory(pipeline, format, photo)).length).toBe(photo.length * 4);
    expect(result.calls()).toBe(calls);
  });
});
