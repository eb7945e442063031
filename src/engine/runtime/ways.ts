import type { FeedForwardManifest, Manifest, WayEntry } from '../../shared/manifest.ts';
import type { HashedFile } from '../models.ts';

/** What the runtime needs to know of any kind of model's graphs. */

/** The files of one way to compute a model, in the order in which they run. */
export const filesOf = (graph: WayEntry): HashedFile[] =>
  'file' in graph
    ? [graph]
    : [graph.encoder, graph.unet, graph.pixelUnet, graph.decoder].filter((file) => file !== null && file !== undefined);

/** As it is called in messages. */
export const nameOf = (graph: WayEntry): string =>
  filesOf(graph)
    .map(({ file }) => file)
    .join(' + ');

/** What tiles are given as. */
export const samplesOf = (graph: WayEntry): 'uint8' | 'float32' => ('file' in graph ? graph.samples : 'float32');
export const layoutOf = (manifest: Manifest): FeedForwardManifest['tensors']['layout'] =>
  manifest.pipeline === 'feed-forward' ? manifest.tensors.layout : 'nchw';
/** What black is given as in floats; white is 1. */
export const blackOf = (manifest: Manifest): 0 | -1 => (manifest.pipeline === 'feed-forward' ? 0 : -1);

/** Whether the graphs take tiles of one size only. */
export const hasFixedTiles = (manifest: Manifest): boolean => manifest.pipeline !== 'feed-forward';

/** Result pixels of a tile per pixel of it, along one side: one-step models are given the enlarged photo. */
export const tileScaleOf = (manifest: Manifest): number => (manifest.pipeline === 'feed-forward' ? manifest.scale : 1);
