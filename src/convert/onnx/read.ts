import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { Problem } from '../../shared/problem.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Graph, Node, Port } from '../graph/graph.ts';
import { ModelProtoSchema, type ModelProto } from '../graph/onnx-messages.ts';
import { pruned } from '../graph/rewrite.ts';
import { asFloats, byteLength, floats, tensorKinds, type Tensor } from '../graph/tensor.ts';
import { isPictureToPicture, type FaceNetwork, type RangeName, type SourceNetwork } from '../source-network.ts';
import { decodeModel, inWords } from './decode.ts';
import { detectorOf, restorerOf } from './face-networks.ts';
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
export async function readOnnx(path: string): Promise<SourceNetwork | FaceNetwork> {
  const file = basename(path);
  const unsupported = (why: Sentence): Problem => new Problem('unsupported-model', sentence('import.cannotBeUsed', { name: file, why }));
  const damaged = (why: Sentence, cause?: unknown): Problem =>
    new Problem('damaged-model-file', sentence('import.cannotBeRead', { name: file, why }), { cause });
  const size = await stat(path).catch((error: unknown) => {
    throw new Problem('not-found', sentence('import.notFound', { name: file }), { cause: error });
  });
  if (size.size > largestFile) throw unsupported(sentence('import.why.largerThanOnnx'));
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
  const single = inSinglePrecision(graph);
  const picture = (): SourceNetwork => ({
    ...pictureToPicture(single, unsupported),
    kind: 'ONNX',
    mayBeResidual: false,
    orFace: restorerOf(single),
    close: () => Promise.resolve(),
  });
  return detectorOf(single) ?? picture();
}

function parse(bytes: Buffer, damaged: (why: Sentence, cause: unknown) => Problem): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw damaged(sentence('import.why.notOnnx'), error);
  }
}

/** The graph with one input and one output of any size. */
function pictureToPicture(
  graph: Graph,
  unsupported: (why: Sentence) => Problem,
): Pick<SourceNetwork, 'graph' | 'layout' | 'planes' | 'ranges' | 'fixedSize'> {
  const [input, secondInput] = graph.inputs;
  const [output, secondOutput] = graph.outputs;
  if (input === undefined || output === undefined) throw unsupported(sentence('import.why.noPorts'));
  const more = secondInput ?? secondOutput;
  if (more !== undefined) throw unsupported(sentence('import.why.morePorts', { port: inWords(more.name) }));
  const ranges = pictureKinds[input.kind];
  if (ranges === undefined || pictureKinds[output.kind] === undefined)
    throw unsupported(sentence('import.why.pictureKinds', { taken: input.kind, given: output.kind }));
  const layout = layoutOf(input);
  if (layout === null) throw unsupported(sentence('import.why.inputShape', { port: inWords(input.name), shape: input.dims.join(', ') }));
  const taken = planesOf(input, layout) ?? 3;
  const planes = { taken, given: planesOf(output, layout) ?? taken };
  if (!isPictureToPicture(planes.taken, planes.given))
    throw unsupported(sentence('import.why.planes', { taken: planes.taken, given: planes.given }));
  const free = (port: Port, name: string, count: number): Port => ({
    ...port,
    dims: layout === 'nchw' ? [1, count, `${name}height`, `${name}width`] : [1, `${name}height`, `${name}width`, count],
  });
  const [height, width] = layout === 'nchw' ? input.dims.slice(2) : input.dims.slice(1);
  const fixedSize = typeof height === 'number' && typeof width === 'number' ? `${width} × ${height}` : undefined;
  const ports = { inputs: [free(input, '', planes.taken)], outputs: [free(output, 'enlarged_', planes.given)] };
  return { fixedSize, graph: pruned({ ...graph, ...ports }), layout, planes, ranges };
}

/** By the place of the colours; where the file does not say, they come first. */
function layoutOf({ dims }: Port): SourceNetwork['layout'] | null {
  if (dims.length !== 4) return dims.length === 0 ? 'nchw' : null;
  const [, second, , last] = dims;
  for (const planes of [3, 1, 4]) {
    if (second === planes) return 'nchw';
    if (last === planes) return 'nhwc';
  }
  return typeof second === 'string' && typeof last === 'string' ? 'nchw' : null;
}

/** How many planes a picture has, where the file says so. */
function planesOf({ dims }: Port, layout: SourceNetwork['layout']): number | null {
  const count = dims[layout === 'nchw' ? 1 : 3];
  return typeof count === 'number' && count > 0 ? count : null;
}

/**
 * A graph of half-precision numbers in float32: processors have no arithmetic for halves, and accelerators get the weights that
 * they want from float32 ones. Graphs of other numbers are left as they are.
 */
function inSinglePrecision(graph: Graph): Graph {
  if (![...graph.constants.values()].some(({ kind }) => kind === 'float16')) return graph;
  const widePort = (port: Port): Port => (port.kind === 'float16' ? { ...port, kind: 'float32' } : port);
  const wideNode = (node: Node): Node => {
    const { to, value } = node.attributes;
    if (node.op === 'Cast' && to === tensorKinds.float16.onnx) return { ...node, attributes: { to: tensorKinds.float32.onnx } };
    if (typeof value !== 'object' || !('tensor' in value)) return node;
    return { ...node, attributes: { ...node.attributes, value: { tensor: wide(value.tensor) } } };
  };
  return {
    ...graph,
    inputs: graph.inputs.map(widePort),
    outputs: graph.outputs.map(widePort),
    nodes: graph.nodes.map(wideNode),
    constants: new Map([...graph.constants].map(([name, tensor]) => [name, wide(tensor)])),
  };
}

function wide(tensor: Tensor): Tensor {
  const { kind, dims, bytes } = tensor;
  if (kind !== 'float16') return tensor;
  if (bytes instanceof Uint8Array) return floats(dims, asFloats(tensor));
  const read = async (): Promise<Uint8Array> => {
    const values = asFloats({ ...tensor, bytes: await bytes.read() });
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };
  return { kind: 'float32', dims, bytes: { length: byteLength({ kind: 'float32', dims }), read } };
}
