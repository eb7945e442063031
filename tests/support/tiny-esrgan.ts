import { writeFile } from 'node:fs/promises';
import { GraphBuilder } from '../../src/convert/graph/builder.ts';
import { floats, type Tensor } from '../../src/convert/graph/tensor.ts';
import { encodeGraph } from '../../src/convert/graph/write.ts';

const random = (count: number, height: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => height * Math.sin(index * 1.7 + (index % 13)));

function kernels(out: number, channels: number, height: number): Tensor {
  return floats([out, channels, 3, 3], random(out * channels * 9, height / Math.sqrt(channels * 9)));
}

/**
 * Writes an ONNX model of the ESRGAN line, x2: convolutions with leaky ReLU whose residuals are scaled, and a picture enlarged by
 * repetition, to which `detail` of what they give is added. With little of it 8 bits are like 32, with much they are not.
 */
export async function writeTinyEsrgan(path: string, { detail = 0.5, channels = 48, blocks = 4 } = {}): Promise<string> {
  const b = new GraphBuilder('tiny-esrgan');
  const x = b.input('x', [1, 3, 'h', 'w']);
  const bias = (count: number): Tensor => floats([count], random(count, 0.1));
  let features = b.conv(x, 'first', kernels(channels, 3, 1.5), bias(channels));
  for (let block = 0; block < blocks; block += 1) {
    const grown = b.node('LeakyRelu', [b.conv(features, `grow.${block}`, kernels(channels, channels, 1.5), bias(channels))], {
      alpha: { float: 0.2 },
    });
    features = b.add(b.mul(b.conv(grown, `add.${block}`, kernels(channels, channels, 1.5), bias(channels)), 0.2), features);
  }
  const added = b.node('DepthToSpace', [b.conv(features, 'last', kernels(12, channels, detail), bias(12))], { blocksize: 2, mode: 'CRD' });
  const four = [0, 1, 2].flatMap((colour) => Array<string>(4).fill(b.slice(x, [colour], [colour + 1], [1])));
  const repeated = b.node('DepthToSpace', [b.concat(four, 1)], { blocksize: 2, mode: 'CRD' });
  b.output('y', b.add(added, repeated), [1, 3, 'h2', 'w2']);
  await writeFile(path, await encodeGraph(b.finish()));
  return path;
}
