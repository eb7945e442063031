import type { Notice, TileStage } from '../../shared/engine-protocol.ts';
import type { Manifest } from '../../shared/manifest.ts';
import type { Dials } from '../../shared/options.ts';
import type { Pixels, Rectangle, Samples } from '../image/pixels.ts';
import type { UsableModel } from '../runtime/model.ts';
import type { Constants, RunnableModel } from '../runtime/way.ts';
import type { CheckedInference } from './checked-inference.ts';

/**
 * A kind of model: everything that only the kind can answer about a model of it. A new kind is a folder beside this file, a line in
 * `kinds.ts` and its schema in the manifest.
 */
export type ModelKind<Of extends Manifest> = (model: UsableModel<Of>) => ModelOfKind;

/** A model with the answers of its kind. */
export interface ModelOfKind extends RunnableModel {
  /** Result pixels per pixel of the photo, along one side. */
  readonly scale: number;
  /** Source pixels around a part of a photo that the result of that part depends on. */
  readonly reach: number;
  /** Bytes of the file in which a pass keeps what it has computed until the whole is there. */
  scratchBytes(result: { readonly width: number; readonly height: number }, channels: number): number;
  /** What its graphs are given for the dials; the dials themselves go with every tile. */
  constants(dials: Dials): Constants;
  /**
   * Enlarges a photo: every tile through `run.inference`, every finished row to `run.sink`.
   * Throws `cancelled`, `not-enough-memory`, `wrong-output`, or that memory ran out.
   */
  enlarge(source: Pixels, run: KindRun): Promise<void>;
}

export interface PipelineRun {
  /** Part of the source, in its pixels: gives exactly what the whole run gives there, but for what `one-step/kind.ts` says. */
  readonly region?: Rectangle | undefined;
  /** Receives finished result rows, top to bottom, in the source's channels and bits. */
  readonly sink: (rows: Samples) => Promise<void>;
  /** Changes them before they get grain and go on, in place. */
  readonly retouch?: ((rows: Samples) => Promise<Samples>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** An existing folder for intermediate pixels; what is written there is removed before the run ends. */
  readonly scratch: string;
  /** The tile that is now computed, in result pixels of the whole photo. */
  readonly onTile?: ((tile: Rectangle) => void) | undefined;
  /** What is computed of the next tile begins, for models of several graphs. */
  readonly onStage?: ((stage: TileStage) => void) | undefined;
}

/** A pipeline's run as a kind sees it. */
export interface KindRun extends PipelineRun {
  /** Rows of the photo computed at once; 0: chosen. */
  readonly tileRows: number;
  readonly dials: Dials;
  readonly inference: Pick<CheckedInference, 'infer'>;
  readonly onNotice: (notice: Notice) => void;
}
