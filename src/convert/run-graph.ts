/** Interleaved RGB, 0…1. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * Runs a written graph (`image` → `enlarged`, float32, see `fit.ts`) on the processor. Given by the engine, since nothing here
 * loads native code. Null where onnxruntime refuses the graph or this size of picture, with the reason.
 */
export type RunGraph = (path: string, picture: Picture) => Promise<Picture | { readonly refusal: string }>;
