import type { Notice, TileStage } from '../../shared/engine-protocol.ts';
import type { DialName, Options } from '../../shared/options.ts';
import type { Pixels, Rectangle, Samples } from '../image/pixels.ts';
import type { InstalledModel } from '../models.ts';
import type { UsedDials } from './option-feeds.ts';

export interface PipelineRequest {
  readonly model: InstalledModel;
  /** Of the photos that will be run. */
  readonly bits: 8 | 16;
  readonly options: Pick<Options, DialName | 'exact' | 'provider' | 'tile'>;
  readonly threads: number;
  /** Where verdicts are remembered. */
  readonly cacheFolder: string;
  readonly onNotice: (notice: Notice) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface PipelineRun {
  /** Part of the source, in its pixels: gives exactly what the whole run gives there, but for what `one-step-diffusion.ts` says. */
  readonly region?: Rectangle | undefined;
  /** Receives finished result rows, top to bottom, in the source's channels and bits. */
  readonly sink: (rows: Samples) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** An existing folder for intermediate pixels; what is written there is removed before the run ends. */
  readonly scratch: string;
  /** The tile that is now computed, in result pixels of the whole photo. */
  readonly onTile?: ((tile: Rectangle) => void) | undefined;
  /** What is computed of the next tile begins, for models of several graphs. */
  readonly onStage?: ((stage: TileStage) => void) | undefined;
}

/** A model made ready for photos of one kind. Runs one photo at a time. */
export interface Pipeline {
  readonly scale: number;
  readonly provider: string;
  readonly precision: string;
  readonly used: UsedDials;
  /** Throws `cancelled`, `not-enough-memory`, `wrong-output`; the sink gets nothing after that. */
  run(source: Pixels, run: PipelineRun): Promise<{ inferenceSeconds: number }>;
  close(): Promise<void>;
}
