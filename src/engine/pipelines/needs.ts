import type { Manifest, OneStepManifest } from '../../shared/manifest.ts';

/** Pixels around a part of the enlarged photo that mending its colours and holding it to the source look at. */
export function finishingHalo({ scale, diffusion }: OneStepManifest): number {
  // The wavelet's five levels reach 1 + 2 + 4 + 8 + 16; `fidelity` two source pixels beyond the one that is cut.
  return (diffusion.colourFix === 'wavelet' ? 31 : 0) + 3 * scale;
}

/** Source pixels around a part of a photo that the result of that part depends on. */
export function reachOf(manifest: Manifest): number {
  if (manifest.pipeline === 'feed-forward') return manifest.overlap;
  // A tile that touches the part may begin nearly a tile before it; two pixels more for the bicubic enlargement.
  return Math.ceil((manifest.diffusion.tile + finishingHalo(manifest)) / manifest.scale) + 2;
}

/** Bytes of the file in which a pass of this model keeps what it has computed until the whole is there. */
export function scratchBytesOf(manifest: Manifest, result: { readonly width: number; readonly height: number }, channels: number): number {
  return manifest.pipeline === 'feed-forward' ? 0 : result.width * result.height * channels * 2;
}
