import type { Tensor, TensorKind } from './tensor.ts';

/**
 * An ONNX graph as plain data. Values are known by their names; nodes stand in the order in which they can be computed.
 * What {@link GraphBuilder} builds, what is read from an `.onnx` file, and what every later step looks at and rewrites.
 */
export interface Graph {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** An input or output; a dimension is a number or the name of one that varies. */
export interface Port {
  readonly name: string;
  readonly kind: TensorKind;
  readonly dims: readonly (number | string)[];
}

export interface Node {
  readonly op: string;
  readonly name: string;
  /** Value names; an optional input that is left out is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Other than ONNX's own: `com.microsoft`, which is part of onnxruntime. */
  readonly domain?: string | undefined;
}

/** A plain number is an integer; a real number says so. */
export type Attribute =
  number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] } | { readonly tensor: Tensor };

/** ONNX's own operators as of this version are written: the first with LayerNormalization. */
export const writtenOpset = 17;
