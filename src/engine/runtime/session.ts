import type { WayEntry } from '../../shared/manifest.ts';
import type { UsableModel } from '../models.ts';
import type { TileAside } from '../pipelines/tile-aside.ts';
import type { Provider } from './providers.ts';

export type GraphSamples = Uint8Array | Float32Array;

/** Everything that makes two open models different. */
export interface SessionRequest {
  readonly model: UsableModel;
  readonly graph: WayEntry;
  readonly provider: Provider;
  readonly threads: number;
  /** Graph constants by file name (see `option-feeds.ts`). */
  readonly constants: Readonly<Record<string, number>>;
  /** Size of the tiles; matters to providers that compile for one size. */
  readonly width: number;
  readonly height: number;
}

/** A model opened with one of its ways to compute. */
export interface Session {
  /**
   * @param input [1, height, width, 3] or [1, 3, height, width], as `layoutOf` says; 0…255 or `blackOf`…1
   * @param aside what one-step models look at besides; their defaults for what is left out
   * @returns `tileScaleOf`² times as many samples, and how long the native code took
   */
  run(input: GraphSamples, width: number, height: number, aside?: Partial<TileAside>): Promise<{ output: GraphSamples; seconds: number }>;
  release(): Promise<void>;
}
