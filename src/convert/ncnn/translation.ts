import type { Problem } from '../../shared/problem.ts';
import type { Sentence } from '../../shared/sentence.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { WeightReader } from './bin.ts';
import type { Layer } from './param.ts';

/** A blob: its name in the graph, and what is known of its shape. */
export interface Blob {
  readonly value: string;
  readonly channels: number;
  /** One value per channel, [1, C, 1, 1]: what ncnn holds as a line of C numbers. */
  readonly isVector: boolean;
}

/** What a layer is translated with. */
export interface Translation {
  readonly builder: GraphBuilder;
  readonly layer: Layer;
  readonly inputs: readonly Blob[];
  readonly weights: WeightReader;
  /** A refusal that names the layer. */
  readonly refuse: (why: Sentence) => Problem;
}
