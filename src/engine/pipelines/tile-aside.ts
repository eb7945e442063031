import type { TileStage } from '../../shared/engine-protocol.ts';

/** How much of what a one-step model adds is wanted. */
export interface Dials {
  /** ẑ = z_L + strength · (ẑ_H − z_L): 0 is the autoencoder's round trip, 1 the whole step. */
  readonly strength: number;
  /** The same for what the pixel U-Net does not account for; null: as `strength`. */
  readonly semantic: number | null;
}

/** What one-step models look at besides a tile's own pixels. */
export interface TileAside {
  readonly dials: Dials;
  /** The tile before the photo was enlarged: planes, tile/scale pixels a side, −1…1. */
  readonly source: () => Float32Array | Promise<Float32Array>;
  /** The tile's place in the enlarged photo, in its pixels. */
  readonly left: number;
  readonly top: number;
  /** Looked at between stages. */
  readonly signal?: AbortSignal | undefined;
  /** A stage begins. */
  readonly onStage?: ((stage: TileStage) => void) | undefined;
}
