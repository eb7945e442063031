import type { TileStage } from '../../shared/engine-protocol.ts';
import type { Manifest } from '../../shared/manifest.ts';
import type { Dials } from '../../shared/options.ts';
import type { HashedFile } from './model.ts';
import type { Provider } from './providers.ts';
import type { GraphFormat, GraphSamples } from './samples.ts';

/** All that choosing a device and running tiles there knows of a model: what its kind says of it (`pipelines/kind.ts`). */

/** Scalar constants of a graph that a session replaces in memory, by file name. */
export type Constants = Readonly<Record<string, number>>;

/** One way to compute a model: the same weights, another arithmetic or sample type. */
export interface Way {
  readonly precision: Manifest['graphs'][number]['precision'];
  /** In the order in which they run. */
  readonly files: readonly HashedFile[];
  /** How tiles are given to it and come back. */
  readonly format: GraphFormat;
  /** Opens its graphs, whose files have been verified. Throws what the native code says. */
  open(request: SessionRequest): Promise<Session>;
}

/** What must be known of a model, of whatever kind, to choose a device for it and to run tiles there. */
export interface RunnableModel {
  readonly id: string;
  readonly folder: string;
  readonly ways: readonly Way[];
  /** ONNX external data that the ways share. */
  readonly weights: readonly HashedFile[];
  /** Width · height · 3 bytes of a test tile, then the answer to it: `tileScale`² times as many. */
  readonly selfTest: HashedFile & { readonly width: number; readonly height: number };
  /** With which that answer was computed. */
  readonly defaultConstants: Constants;
  /** Result pixels of a tile per pixel of it, along one side. */
  readonly tileScale: number;
  /** Whether its graphs take tiles of one size only. */
  readonly fixedTiles: boolean;
}

/** A way as it is called in messages. */
export const nameOf = ({ files }: Pick<Way, 'files'>): string => files.map(({ file }) => file).join(' + ');

/** Everything that makes two open models different. */
export interface SessionRequest {
  readonly model: RunnableModel;
  readonly way: Way;
  readonly provider: Provider;
  readonly threads: number;
  readonly constants: Constants;
  /** Size of the tiles; matters to providers that compile for one size. */
  readonly width: number;
  readonly height: number;
  /** The model is only being tried, `once` or for a few runs: its threads sleep while they wait, so that they count no time without work. */
  readonly trial?: 'once' | 'few' | undefined;
}

/** What a model may look at besides a tile's own pixels. */
export interface TileAside {
  readonly dials: Dials;
  /** The tile before the photo was enlarged, for models that are given it enlarged: planes, −1…1. */
  readonly source: () => Float32Array | Promise<Float32Array>;
  /** The tile's place among the pixels that tiles are cut of. */
  readonly left: number;
  readonly top: number;
  /** Looked at between the graphs of a tile. */
  readonly signal?: AbortSignal | undefined;
  /** One of several graphs begins. */
  readonly onStage?: ((stage: TileStage) => void) | undefined;
}

/** A model opened in one of its ways. */
export interface Session {
  /**
   * @param input a picture of the way's format
   * @param aside what is left out is as the model has it by default
   * @returns `tileScale`² times as many samples, and how long the native code took
   */
  run(input: GraphSamples, width: number, height: number, aside?: Partial<TileAside>): Promise<{ output: GraphSamples; seconds: number }>;
  release(): Promise<void>;
}
