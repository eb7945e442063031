import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Attribute, Graph, Node, Port } from '../graph/graph.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../graph/onnx-messages.ts';
import { byteLength, countOf, tensorKinds, type LateBytes, type Tensor, type TensorKind } from '../graph/tensor.ts';

/** Says why a file is refused; the reader makes a Problem of it. */
export interface Refusals {
  readonly unsupported: (why: Sentence) => Error;
  readonly damaged: (why: Sentence) => Error;
  /** Bytes that lie in another file. */
  readonly external: (tensor: TensorProto, length: number) => LateBytes;
}

/** Operator sets that the graphs around a network can be written in, and that onnxruntime has. */
const [oldestOpset, newestOpset] = [11, 25];
/** Operators that onnxruntime brings itself. */
const ownDomains = ['', 'ai.onnx', 'com.microsoft'];
const mostNodes = 100_000;
const mostElements = 2 ** 31;

/** The graph of an ONNX model, its `Constant` nodes among the constants. Everything that does not fit is refused. */
export function decodeModel(model: ModelProto, refusals: Refusals): Graph {
  const { unsupported, damaged } = refusals;
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0);
  if (model.graph === undefined) throw damaged(sentence('import.why.noGraph'));
  if (model.functions.length > 0) throw unsupported(sentence('import.why.ownOperators'));
  if (opset < oldestOpset || opset > newestOpset) {
    throw unsupported(sentence('import.why.opset', { version: opset, oldest: oldestOpset, newest: newestOpset }));
  }
  const { node: nodes, sparseInitializer, initializer } = model.graph;
  if (sparseInitializer.length > 0) throw unsupported(sentence('import.why.sparse'));
  if (nodes.length > mostNodes) throw unsupported(sentence('import.why.nodes', { count: nodes.length }));
  const constants = new Map<string, Tensor>(initializer.map((tensor) => [tensor.name, decodeTensor(tensor, refusals)]));
  return graphOf(model.graph, opset, constants, refusals);
}

function graphOf(graph: GraphProto, opset: number, constants: Map<string, Tensor>, refusals: Refusals): Graph {
  const nodes: Node[] = [];
  for (const proto of graph.node) {
    if (!ownDomains.includes(proto.domain)) {
      throw refusals.unsupported(
        sentence('import.why.foreignOperator', { operator: inWords(proto.opType), domain: inWords(proto.domain) }),
      );
    }
    const constant = proto.opType === 'Constant' ? constantOf(proto, refusals) : null;
    const [output] = proto.output;
    if (constant !== null && output !== undefined) constants.set(output, constant);
    else nodes.push(decodeNode(proto, refusals));
  }
  return {
    name: graph.name === '' ? 'network' : graph.name,
    opset,
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map((port) => decodePort(port, refusals)),
    outputs: graph.output.map((port) => decodePort(port, refusals)),
    nodes,
    constants,
  };
}

function decodeNode({ opType, name, input, output, domain, attribute }: NodeProto, refusals: Refusals): Node {
  const attributes = Object.fromEntries(attribute.map((value) => [value.name, decodeAttribute(value, opType, refusals)]));
  return { op: opType, name, inputs: input, outputs: output, attributes, domain: domain === 'com.microsoft' ? domain : undefined };
}

function decodeAttribute(attribute: AttributeProto, op: string, refusals: Refusals): Attribute {
  switch (attribute.type) {
    case 1:
      return { float: attribute.f };
    case 2:
      return integer(attribute.i);
    case 3:
      return new TextDecoder().decode(attribute.s);
    case 4:
      if (attribute.t === undefined) break;
      return { tensor: decodeTensor(attribute.t, refusals) };
    case 6:
      return { floats: attribute.floats };
    case 7:
      return attribute.ints.map(integer);
  }
  throw refusals.unsupported(sentence('import.why.operatorPart', { operator: inWords(op), part: inWords(attribute.name) }));
}

function constantOf({ attribute: [value] }: NodeProto, refusals: Refusals): Tensor | null {
  const reals = (dims: number[], values: readonly number[]): Tensor => ({
    kind: 'float32',
    dims,
    bytes: bytesOf(Float32Array.from(values)),
  });
  const wholes = (dims: number[], values: readonly bigint[]): Tensor => ({
    kind: 'int64',
    dims,
    bytes: bytesOf(BigInt64Array.from(values)),
  });
  switch (value?.name) {
    case 'value':
      return value.t === undefined ? null : decodeTensor(value.t, refusals);
    case 'value_float':
      return reals([], [value.f]);
    case 'value_floats':
      return reals([value.floats.length], value.floats);
    case 'value_int':
      return wholes([], [value.i]);
    case 'value_ints':
      return wholes([value.ints.length], value.ints);
    default:
      throw refusals.unsupported(sentence('import.why.constantKind'));
  }
}

function decodeTensor(proto: TensorProto, refusals: Refusals): Tensor {
  const kind = kindOf(proto.dataType, refusals);
  const dims = proto.dims.map(Number);
  const count = countOf(dims);
  const name = inWords(proto.name);
  if (dims.some((size) => size < 0) || !(count <= mostElements))
    throw refusals.damaged(sentence('import.why.impossibleShape', { tensor: name }));
  const length = byteLength({ kind, dims });
  if (proto.dataLocation === 1) return { kind, dims, bytes: refusals.external(proto, length) };
  const bytes = proto.rawData.length > 0 ? proto.rawData : typedData(proto, kind);
  if (bytes.length !== length) {
    throw refusals.damaged(sentence('import.why.tensorBytes', { tensor: name, bytes: bytes.length, wanted: length }));
  }
  return { kind, dims, bytes };
}

/** The fields beside `raw_data` that a tensor's values may stand in. */
function typedData({ floatData, int32Data, int64Data, doubleData }: TensorProto, kind: TensorKind): Uint8Array {
  switch (kind) {
    case 'float32':
      return bytesOf(Float32Array.from(floatData));
    case 'float64':
      return bytesOf(Float64Array.from(doubleData));
    case 'int64':
      return bytesOf(BigInt64Array.from(int64Data));
    case 'int32':
      return bytesOf(Int32Array.from(int32Data));
    case 'float16':
      return bytesOf(Uint16Array.from(int32Data));
    default:
      return Uint8Array.from(int32Data);
  }
}

function decodePort({ name, type }: ValueInfoProto, refusals: Refusals): Port {
  if (type?.value.case !== 'tensorType') throw refusals.unsupported(sentence('import.why.notPicture', { port: inWords(name) }));
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }, axis) => {
    if (value.case === 'dimValue') return Number(value.value);
    return value.case === 'dimParam' && value.value !== '' ? value.value : `axis${axis}`;
  });
  return { name, kind: kindOf(elemType, refusals), dims: dims ?? [] };
}

function kindOf(type: number, refusals: Refusals): TensorKind {
  const found = (Object.keys(tensorKinds) as TensorKind[]).find((kind) => tensorKinds[kind].onnx === type);
  if (found === undefined) throw refusals.unsupported(sentence('import.why.numberType', { type }));
  return found;
}

/** Some exporters write the largest integer for "to the end". */
const integer = (value: bigint): number => Number(value > largest ? largest : value < -largest ? -largest : value);
const largest = 2n ** 52n;

/** A name out of the file, harmless on a terminal. */
export const inWords = (name: string): string => name.slice(0, 60).replaceAll(/[^\w.:/-]/g, '?');

const bytesOf = (array: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array): Uint8Array =>
  new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
