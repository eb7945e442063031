import { describe, expect, it } from 'vitest';
import { WeightReader } from '../../../../src/convert/ncnn/bin.ts';
import { translate } from '../../../../src/convert/ncnn/network.ts';
import { parseParam } from '../../../../src/convert/ncnn/param.ts';
import { NcnnModel } from '../../../support/ncnn-files.ts';
import { runNetwork, type Answer } from '../../../support/run-network.ts';

/** Runs a network of layers on a picture [1, 3, height, width] of 0, 1, 2 … */
async function run(height: number, width: number, describe: (model: NcnnModel) => NcnnModel): Promise<Answer> {
  const { param, bin } = describe(new NcnnModel().layer('Input', '0 1 data'));
  const graph = translate(parseParam(param, 'net.param'), new WeightReader(bin, 'net.bin'), 'net.param');
  return runNetwork(
    graph,
    [1, 3, height, width],
    Array.from({ length: 3 * height * width }, (_, index) => index),
  );
}

/** [out][in] of a convolution of one pixel. */
const mix = (rows: readonly (readonly number[])[]): number[] => rows.flat();

describe('ncnn layers', () => {
  it('Convolution: float32, bias, leaky activation', async () => {
    const { values } = await run(1, 1, (model) =>
      model
        .layer('Convolution', '1 1 data out 0=3 1=1 5=1 6=9 9=2 -23310=1,0.5')
        .weights(
          mix([
            [0, 0, 1],
            [0, 1, 0],
            [-1, -1, -1],
          ]),
        )
        .floats([10, 20, 1]),
    );
    expect(Array.from(values)).toEqual([12, 21, -1]);
  });

  it('Convolution: weights out of a table of 256', async () => {
    const table = Array.from({ length: 256 }, (_, index) => index / 4);
    const { param } = new NcnnModel().layer('Input', '0 1 data').layer('Convolution', '1 1 data out 0=3 1=1 6=9');
    const indexes = Uint8Array.of(4, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0);
    const bin = Buffer.concat([Uint8Array.of(1, 0, 0, 0), new Uint8Array(Float32Array.from(table).buffer), indexes]);
    const graph = translate(parseParam(param, 'net.param'), new WeightReader(bin, 'net.bin'), 'net.param');
    expect(Array.from((await runNetwork(graph, [1, 3, 1, 1], [1, 2, 3])).values)).toEqual([1, 2, 6]);
  });

  it('ConvolutionDepthWise: a kernel for each channel', async () => {
    const { values } = await run(1, 2, (model) =>
      model.layer('ConvolutionDepthWise', '1 1 data out 0=3 1=1 6=3 7=3').weights([1, 10, 100]),
    );
    expect(Array.from(values)).toEqual([0, 1, 20, 30, 400, 500]);
  });

  it('Deconvolution: [out][in] kernels that spread pixels', async () => {
    // Output channel 0 takes channel 1, and writes its pixel times 1, 2, 3, 4 into a cell of 2 × 2.
    const kernels = Array.from({ length: 9 }, (_, index) => (index === 1 ? [1, 2, 3, 4] : [0, 0, 0, 0])).flat();
    const { dims, values } = await run(1, 1, (model) => model.layer('Deconvolution', '1 1 data out 0=3 1=2 3=2 6=36').weights(kernels));
    expect(dims).toEqual([1, 3, 2, 2]);
    expect(Array.from(values.subarray(0, 8))).toEqual([1, 2, 3, 4, 0, 0, 0, 0]);
  });

  it('Pooling, InnerProduct and Scale: the squeeze and excitation of CUNet', async () => {
    const { values } = await run(1, 2, (model) =>
      model
        .layer('Split', '1 2 data a b')
        .layer('Pooling', '1 1 a mean 0=1 4=1')
        .layer('InnerProduct', '1 1 mean factors 0=3 1=1 2=9')
        .weights(
          mix([
            [0, 0, 2],
            [0, 0, 0],
            [0, 0, 0],
          ]),
        )
        .floats([0, 1, 2])
        .layer('Scale', '2 1 b factors out 0=-233'),
    );
    expect(Array.from(values)).toEqual([0, 9, 2, 3, 8, 10]);
  });

  it('Eltwise: sums with factors', async () => {
    const { values } = await run(1, 1, (model) => model.layer('Split', '1 2 data a b').layer('Eltwise', '2 1 a b out 0=1 -23301=2,0.5,1'));
    expect(Array.from(values)).toEqual([0, 1.5, 3]);
  });

  it('BinaryOp: with a number, exchanged', async () => {
    const { values } = await run(1, 1, (model) => model.layer('BinaryOp', '1 1 data out 0=7 1=1 2=1'));
    expect(Array.from(values)).toEqual([1, 0, -1]);
  });

  it('Crop: by a reference and by starts and ends', async () => {
    const { dims, values } = await run(3, 3, (model) =>
      model
        .layer('Split', '1 2 data a b')
        .layer('Crop', '1 1 a inner -23309=2,1,1 -23310=2,-1,-1 -23311=2,-2,-1')
        .layer('Crop', '2 1 b inner out 0=2 1=1'),
    );
    expect(dims).toEqual([1, 3, 1, 1]);
    expect(Array.from(values)).toEqual([5, 14, 23]);
  });

  it('Padding, Slice, Concat', async () => {
    const { dims, values } = await run(1, 1, (model) =>
      model
        .layer('Padding', '1 1 data wide 0=0 1=0 2=1 3=1 4=1')
        .layer('Slice', '1 2 wide red rest -23300=2,1,-233')
        .layer('Concat', '2 1 rest red out'),
    );
    expect(dims).toEqual([1, 3, 1, 3]);
    expect(Array.from(values)).toEqual([1, 1, 1, 2, 2, 2, 0, 0, 0]);
  });

  it('Reorg and PixelShuffle undo each other', async () => {
    const { values } = await run(2, 2, (model) => model.layer('Reorg', '1 1 data cells 0=2').layer('PixelShuffle', '1 1 cells out 0=2'));
    expect(Array.from(values)).toEqual(Array.from({ length: 12 }, (_, index) => index));
  });

  it('Interp: nearest, and bicubic as ncnn computes it', async () => {
    const nearest = await run(1, 1, (model) => model.layer('Interp', '1 1 data out 0=1 1=2.0 2=2.0'));
    expect(Array.from(nearest.values)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    const halved = await run(4, 4, (model) => model.layer('Interp', '1 1 data out 0=3 1=5.0e-01 2=5.0e-01'));
    expect(halved.dims).toEqual([1, 3, 2, 2]);
    // The weights -3/32, 19/32, 19/32, -3/32 of a cubic with a = -0.75 half-way between pixels, the border repeated.
    expect(halved.values[0]).toBeCloseTo(2.03125, 5);
  });

  it('activations by number and by name', async () => {
    const { values } = await run(1, 1, (model) =>
      model
        .layer('BinaryOp', '1 1 data low 0=1 1=1 2=1')
        .layer('ReLU', '1 1 low leaky 0=0.25')
        .layer('Clip', '1 1 leaky clipped 0=-1 1=0.5')
        .layer('UnaryOp', '1 1 clipped out 0=1'),
    );
    expect(Array.from(values)).toEqual([0.25, -0, -0.5]);
  });

  it('BatchNorm: slope, mean, variance, bias', async () => {
    const { values } = await run(1, 1, (model) =>
      model.layer('BatchNorm', '1 1 data out 0=3').floats([2, 2, 2]).floats([0, 1, 1]).floats([4, 4, 4]).floats([0, 0, 7]),
    );
    expect(Array.from(values)).toEqual([0, 0, 8]);
  });
});
