import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import { floats, halvesToFloats, type Tensor } from '../../../../src/convert/graph/tensor.ts';
import { encodeGraph, writeGraph, writeWeights } from '../../../../src/convert/graph/write.ts';
import { testFolder } from '../../../support/golden.ts';

/** Runs what `network` builds on [1, channels, height, width] values 0, 1, 2 … */
async function run(dims: readonly number[], network: (b: GraphBuilder, x: string) => string, precision?: 'float16'): Promise<number[]> {
  const b = new GraphBuilder('test', precision === undefined ? {} : { precision });
  const x = b.input('x', dims, 'float32');
  const y = network(b, precision === undefined ? x : b.cast(x, 10));
  b.output('y', precision === undefined ? y : b.cast(y, 1), ['a', 'b', 'c', 'd'], 'float32');
  const session = await InferenceSession.create(await encodeGraph(b.finish()), { intraOpNumThreads: 1 });
  const values = Float32Array.from({ length: dims.reduce((product, size) => product * size, 1) }, (_, index) => index);
  const { y: answer } = await session.run({ x: new OrtTensor('float32', values, dims) });
  return Array.from(answer?.data as Float32Array);
}

const ramp = (dims: readonly number[]): Tensor =>
  floats(
    dims,
    Array.from({ length: dims.reduce((product, size) => product * size, 1) }, (_, index) => index - 2),
  );

describe('the graph builder', () => {
  it('keeps the size in convolutions unless told otherwise, and adds the bias', async () => {
    const same = await run([1, 1, 2, 2], (b, x) => b.conv(x, 'conv', floats([1, 1, 3, 3], [0, 0, 0, 0, 1, 1, 0, 0, 0]), floats([1], [10])));
    expect(same).toEqual([11, 11, 15, 13]);
    const valid = await run([1, 1, 3, 3], (b, x) => b.conv(x, 'conv', ramp([1, 1, 3, 3]), null, { pads: [0, 0, 0, 0] }));
    expect(valid).toEqual([0 + -1 + 0 + 3 + 8 + 15 + 24 + 35 + 48]);
  });

  it('shuffles pixels as PyTorch does, both ways', async () => {
    expect(await run([1, 4, 1, 2], (b, x) => b.depthToSpace(x, 2))).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    const there = await run([1, 3, 4, 4], (b, x) => b.depthToSpace(b.pixelUnshuffle(x, 2, 3), 2));
    expect(there).toEqual(Array.from({ length: 48 }, (_, index) => index));
    expect(await run([1, 1, 2, 2], (b, x) => b.pixelUnshuffle(x, 2, 1))).toEqual([0, 1, 2, 3]);
  });

  it('enlarges by repeating', async () => {
    expect(await run([1, 1, 1, 2], (b, x) => b.resizeNearest(x, 2))).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  it('activates: one slope per channel, gelu, silu', async () => {
    const prelu = await run([1, 2, 1, 1], (b, x) => b.prelu(b.sub(x, 2), 'prelu', floats([2], [0.5, -3])));
    expect(prelu).toEqual([-1, 3]);
    const [gelu] = await run([1, 1, 1, 1], (b, x) => b.gelu(b.add(x, 1)));
    expect(gelu).toBeCloseTo(0.841345, 5);
    const [silu] = await run([1, 1, 1, 1], (b, x) => b.silu(b.add(x, 1)));
    expect(silu).toBeCloseTo(0.731059, 5);
  });

  it('multiplies by a Linear as PyTorch stores it', async () => {
    const weight = floats([2, 3], [1, 0, 0, 0, 1, 1]);
    expect(await run([1, 1, 1, 3], (b, x) => b.linear(x, 'linear', weight, floats([2], [10, 20])))).toEqual([10, 23]);
    expect(await run([1, 3], (b, x) => b.rowsLinear(x, 'linear', weight, floats([2], [10, 20])))).toEqual([10, 23]);
    expect(await run([1, 3], (b, x) => b.rowsLinear(x, 'linear', weight))).toEqual([0, 3]);
  });

  it('normalises layers and groups', async () => {
    const layer = await run([1, 1, 1, 2], (b, x) => b.layerNorm(x, 'norm', floats([2], [2, 2]), floats([2], [1, 1])));
    expect(layer.map((value) => Number(value.toFixed(3)))).toEqual([-1, 3]);
    const group = await run([1, 2, 1, 2], (b, x) => b.groupNorm(x, 'norm', 1, floats([2], [1, 10]), floats([2], [0, 1])));
    expect(group.map((value) => Number(value.toFixed(2)))).toEqual([-1.34, -0.45, 5.47, 14.42]);
  });

  it('cuts, splits and joins', async () => {
    expect(await run([1, 1, 3, 3], (b, x) => b.slice(x, [1, 0], [3, 2], [2, 3]))).toEqual([3, 4, 6, 7]);
    const swapped = await run([1, 2, 1, 1], (b, x) => b.concat(b.split(x, [1, 1]).reverse()));
    expect(swapped).toEqual([1, 0]);
    expect(await run([1, 1, 1, 2], (b, x) => b.pad(x, [0, 0, 0, 1, 0, 0, 0, 1], 'reflect'))).toEqual([1, 0, 1, 0]);
  });

  it('computes in half precision with weights of either kind', async () => {
    const weight = floats([1, 1, 1, 1], [0.5]);
    const half: Tensor = { kind: 'float16', dims: [1], bytes: Uint8Array.from([0x00, 0x3c]) };
    expect(await run([1, 1, 1, 2], (b, x) => b.mul(b.conv(x, 'conv', weight, half), 2), 'float16')).toEqual([2, 3]);
    expect(await run([1, 1, 1, 2], (b, x) => b.conv(x, 'conv', weight, half))).toEqual([1, 1.5]);
  });

  it('reads half-precision numbers exactly: subnormal, infinite, not a number', () => {
    const halves = Uint16Array.from([0x0001, 0x3555, 0x7bff, 0xfc00, 0x7e00, 0x8000]);
    expect(Array.from(halvesToFloats(halves))).toEqual([2 ** -24, 0.333251953125, 65504, Number.NEGATIVE_INFINITY, Number.NaN, -0]);
  });

  it('writes large weights beside the graph, read when they are wanted, and onnxruntime finds them', async () => {
    const folder = await testFolder();
    const b = new GraphBuilder('large');
    const values = floats(
      [64, 1, 8, 8],
      Float32Array.from({ length: 4096 }, () => 1),
    );
    const late: Tensor = { ...values, bytes: { length: 16_384, read: () => Promise.resolve(values.bytes as Uint8Array) } };
    b.output('y', b.conv(b.input('x', [1, 1, 8, 8]), 'conv', late, null, { pads: [0, 0, 0, 0] }), [1, 64, 1, 1]);
    expect(await writeGraph(folder, 'net', b.finish(), 1024)).toEqual(['net.onnx', 'net.onnx.data']);
    expect((await stat(join(folder, 'net.onnx'))).size).toBeLessThan(1024);
    expect((await readFile(join(folder, 'net.onnx.data'))).length).toBe(16_384);
    const session = await InferenceSession.create(join(folder, 'net.onnx'));
    const { y } = await session.run({ x: new OrtTensor('float32', new Float32Array(64).fill(1), [1, 1, 8, 8]) });
    expect(y?.data[63]).toBe(64);
  });

  it('goes on in another file where one would be too large, and onnxruntime finds both', async () => {
    const folder = await testFolder();
    const b = new GraphBuilder('wide');
    const sums = [1, 2, 3].map((value) => floats([1024], Array<number>(1024).fill(value)));
    b.output(
      'y',
      sums.reduce((x, tensor) => b.add(x, tensor), b.input('x', [1024])),
      [1024],
    );
    const graph = b.finish();
    const places = await writeWeights(folder, 'wide.bin', [graph], 10_000);
    expect(sums.map((tensor) => places.get(tensor))).toEqual([
      { file: 'wide.bin', offset: 0, length: 4096 },
      { file: 'wide.bin', offset: 4096, length: 4096 },
      { file: 'wide-2.bin', offset: 0, length: 4096 },
    ]);
    await writeFile(join(folder, 'wide.onnx'), await encodeGraph(graph, places));
    const session = await InferenceSession.create(join(folder, 'wide.onnx'));
    const { y } = await session.run({ x: new OrtTensor('float32', new Float32Array(1024), [1024]) });
    expect(y?.data[1023]).toBe(6);
  });
});
