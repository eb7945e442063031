import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { Problem } from '../../shared/problem.ts';
import type { Graph, Port } from '../graph/graph.ts';
import { ModelProtoSchema, type ModelProto } from '../graph/onnx-messages.ts';
import { pruned } from '../graph/rewrite.ts';
import type { RangeName, SourceNetwork } from '../source-network.ts';
import { decodeModel, inWords } from './decode.ts';
import { inSinglePrecision } from './single-precision.ts';
import { checkExternalFiles, externalBytes } from './external.ts';

/** Protocol buffers end here. */
const largestFile = 2 ** 31 - 1;

/** What a picture may be made of, and what its numbers can then be. */
const pictureKinds: Readonly<Record<string, readonly RangeName[]>> = {
  float32: ['unit', 'bytes', 'signed'],
  float16: ['unit', 'bytes', 'signed'],
  float64: ['unit', 'bytes', 'signed'],
  uint8: ['bytes'],
};

/**
 * The network of an `.onnx` file as it is; sizes that its author fixed are taken as an example.
 * @throws Problem unsupported-model, damaged-model-file, unsafe-model-file, not-found
 */
export async function readOnnx(path: string): Promise<SourceNetwork> {
  const file = basename(path);
  const unsupported = (why: string): Problem => new Problem('unsupported-model', `${file} cannot be used: ${why}.`);
  const damaged = (why: string, cause?: unknown): Problem =>
    new Problem('damaged-model-file', `${file} cannot be read: ${why}.`, { cause });
  const size = await stat(path).catch((error: unknown) => {
    throw new Problem('not-found', `${file} cannot be found.`, { cause: error });
  });
  if (size.size > largestFile) throw unsupported('it is larger than ONNX allows');
  const outside: { location: string; end: number }[] = [];
  const model = parse(await readFile(path), damaged);
  const graph = decodeModel(model, {
    unsupported,
    damaged,
    external: (tensor, length) => {
      const bytes = externalBytes(path, tensor, length);
      const value = (key: string): string => tensor.externalData.find((entry) => entry.key === key)?.value ?? '';
      outside.push({ location: value('location'), end: Number(value('offset')) + length });
      return bytes;
    },
  });
  await checkExternalFiles(path, outside);
  return { ...pictureToPicture(inSinglePrecision(graph), unsupported), kind: 'ONNX', mayBeResidual: false, close: () => Promise.resolve() };
}

function parse(bytes: Buffer, damaged: (why: string, cause: unknown) => Problem): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw damaged('it is no ONNX file, or is incomplete', error);
  }
}

/** The graph with one input and one output of any size. */
function pictureToPicture(
  graph: Graph,
  unsupported: (why: string) => Problem,
): Pick<SourceNetwork, 'graph' | 'layout' | 'ranges' | 'fixedSize'> {
  const [input, secondInput] = graph.inputs;
  const [output, secondOutput] = graph.outputs;
  if (input === undefined || output === undefined) throw unsupported('it has no input or no output');
  const more = secondInput ?? secondOutput;
  if (more !== undefined) throw unsupported(`it has more than one input or output: ${inWords(more.name)}`);
  const ranges = pictureKinds[input.kind];
  if (ranges === undefined || pictureKinds[output.kind] === undefined)
    throw unsupported(`its pictures are ${input.kind} to ${output.kind}`);
  const layout = layoutOf(input);
  if (layout === null) throw unsupported(`its input ${inWords(input.name)} is no picture of three colours: [${input.dims.join(', ')}]`);
  const free = (port: Port, name: string): Port => ({
    ...port,
    dims: layout === 'nchw' ? [1, 3, `${name}height`, `${name}width`] : [1, `${name}height`, `${name}width`, 3],
  });
  const [height, width] = layout === 'nchw' ? input.dims.slice(2) : input.dims.slice(1);
  const fixedSize = typeof height === 'number' && typeof width === 'number' ? `${width} × ${height}` : undefined;
  return { fixedSize, graph: pruned({ ...graph, inputs: [free(input, '')], outputs: [free(output, 'enlarged_')] }), layout, ranges };
}

/** By the place of the three colours; where the file does not say, they come first. */
function layoutOf({ dims }: Port): SourceNetwork['layout'] | null {
  if (dims.length !== 4) return dims.length === 0 ? 'nchw' : null;
  const [, second, , last] = dims;
  if (second === 3) return 'nchw';
  if (last === 3) return 'nhwc';
  return typeof second === 'string' && typeof last === 'string' ? 'nchw' : null;
}
