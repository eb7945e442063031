import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import type { Attribute, Graph, Node, Port } from './graph.ts';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx-messages.ts';
import { byteLength, tensorKinds, type Tensor } from './tensor.ts';

/** Of the ONNX file format; onnxruntime 1.30 reads up to 13. */
const irVersion = 8n;
/** Protocol buffers end at 2 GiB, and what is near it cannot be read in one piece. */
const largestFile = 1.5 * 2 ** 30;
/** External data is aligned so that it can be mapped. */
const alignment = 64;
/** Tensors of fewer bytes stay in the graph: shapes and factors, which are looked at when a session opens. */
const leastExternal = 1024;

/** Where a tensor's bytes lie in an external file. */
export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** The file itself for graphs whose weights stay inside or lie at `places`, known by the tensor. */
export async function encodeGraph(graph: Graph, places: ReadonlyMap<Tensor, Place> = new Map()): Promise<Uint8Array> {
  const initializer: TensorProto[] = [];
  for (const [name, tensor] of graph.constants) {
    const place = places.get(tensor);
    initializer.push(place === undefined ? await encodeTensor(name, tensor) : externalTensor(name, tensor, place));
  }
  const node = await Promise.all(graph.nodes.map(encodeNode));
  const usesOwn = graph.nodes.some(({ domain }) => domain !== undefined);
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: 'onestep',
      opsetImport: [{ domain: '', version: BigInt(graph.opset) }, ...(usesOwn ? [{ domain: 'com.microsoft', version: 1n }] : [])],
      graph: create(GraphProtoSchema, {
        name: graph.name,
        node,
        initializer,
        input: graph.inputs.map(encodePort),
        output: graph.outputs.map(encodePort),
      }),
    }),
  );
}

/**
 * Writes `<name>.onnx` into a folder and, where the weights are larger than `limit` bytes, `<name>.onnx.data` beside it, one
 * tensor at a time. Answers the names of the files.
 */
export async function writeGraph(folder: string, name: string, graph: Graph, limit = largestFile): Promise<string[]> {
  const weightBytes = [...graph.constants.values()].reduce((sum, tensor) => sum + byteLength(tensor), 0);
  const files = [`${name}.onnx`];
  let places: Map<Tensor, Place> | undefined;
  if (weightBytes > limit) {
    const file = `${name}.onnx.data`;
    files.push(file);
    places = await writeWeights(folder, file, [graph]);
  }
  const handle = await open(join(folder, `${name}.onnx`), 'wx');
  try {
    await handle.writeFile(await encodeGraph(graph, places));
    await handle.sync();
  } finally {
    await handle.close();
  }
  return files;
}

/**
 * Writes the large tensors of several graphs into `file`, each once, one at a time, and answers where they lie. What would make it
 * larger than `largest` bytes goes on in `<name>-2.<ending>` and so on. `onTensor` hears of each that was written; what it throws ends
 * the writing.
 */
export async function writeWeights(
  folder: string,
  file: string,
  graphs: readonly Graph[],
  largest = Number.POSITIVE_INFINITY,
  onTensor?: (tensor: Tensor) => void,
): Promise<Map<Tensor, Place>> {
  const places = new Map<Tensor, Place>();
  let [name, end, number] = [file, 0, 1];
  let handle = await open(join(folder, name), 'wx');
  try {
    for (const tensor of new Set(graphs.flatMap((graph) => [...graph.constants.values()]))) {
      const length = byteLength(tensor);
      if (length < leastExternal) continue;
      const bytes = await bytesOf(tensor);
      let offset = Math.ceil(end / alignment) * alignment;
      if (offset + length > largest && end > 0) {
        await handle.sync();
        await handle.close();
        number += 1;
        [name, offset] = [numbered(file, number), 0];
        handle = await open(join(folder, name), 'wx');
      }
      // A plain write() takes 2 GiB at most.
      for (let from = 0; from < length; from += 2 ** 28) await handle.write(bytes.subarray(from, from + 2 ** 28), 0, null, offset + from);
      places.set(tensor, { file: name, offset, length });
      end = offset + length;
      onTensor?.(tensor);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return places;
}

const numbered = (file: string, number: number): string => file.replace(/(\.[^.]*)?$/, `-${number}$&`);

async function bytesOf(tensor: Tensor): Promise<Uint8Array> {
  const bytes = tensor.bytes instanceof Uint8Array ? tensor.bytes : await tensor.bytes.read();
  if (bytes.length !== byteLength(tensor)) throw new Error(`a tensor [${tensor.dims.join(', ')}] has ${bytes.length} bytes`);
  return bytes;
}

async function encodeTensor(name: string, tensor: Tensor): Promise<TensorProto> {
  return create(TensorProtoSchema, { ...headOf(name, tensor), rawData: await bytesOf(tensor) });
}

function externalTensor(name: string, tensor: Tensor, { file, offset, length }: Place): TensorProto {
  const externalData = [
    { key: 'location', value: file },
    { key: 'offset', value: String(offset) },
    { key: 'length', value: String(length) },
  ];
  return create(TensorProtoSchema, { ...headOf(name, tensor), dataLocation: 1, externalData });
}

const headOf = (name: string, { kind, dims }: Tensor): { name: string; dataType: number; dims: bigint[] } => ({
  name,
  dataType: tensorKinds[kind].onnx,
  dims: dims.map(BigInt),
});

function encodePort({ name, kind, dims }: Port): ValueInfoProto {
  const dim = dims.map((size) => ({
    value: typeof size === 'number' ? { case: 'dimValue' as const, value: BigInt(size) } : { case: 'dimParam' as const, value: size },
  }));
  const value = { case: 'tensorType' as const, value: { elemType: tensorKinds[kind].onnx, shape: { dim } } };
  return create(ValueInfoProtoSchema, { name, type: { value } });
}

async function encodeNode({ op, name, inputs, outputs, attributes, domain }: Node): Promise<NodeProto> {
  const attribute = await Promise.all(Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value)));
  return create(NodeProtoSchema, { opType: op, name, input: [...inputs], output: [...outputs], domain: domain ?? '', attribute });
}

/** Numbers of `AttributeProto.AttributeType`. */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 };

async function encodeAttribute(name: string, value: Attribute): Promise<AttributeProto> {
  const { float, int, string, tensor, floats, ints } = attributeTypes;
  const make = (fields: Partial<AttributeProto>): AttributeProto => create(AttributeProtoSchema, { name, ...fields } as AttributeProto);
  if (typeof value === 'number') return make({ type: int, i: BigInt(value) });
  if (typeof value === 'string') return make({ type: string, s: new TextEncoder().encode(value) });
  if ('float' in value) return make({ type: float, f: value.float });
  if ('floats' in value) return make({ type: floats, floats: [...value.floats] });
  if ('tensor' in value) return make({ type: tensor, t: await encodeTensor('', value.tensor) });
  return make({ type: ints, ints: value.map(BigInt) });
}
