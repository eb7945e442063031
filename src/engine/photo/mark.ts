import { findSegment, jpegMarkers, readJpegSegments } from './jpeg-segments.ts';
import { readPngChunks } from './png-chunks.ts';
import { sniffFile } from './sniff.ts';
import { hasTiffTag } from './tiff-source.ts';
import { readWebpChunks } from './webp-chunks.ts';
import { readTopBoxes } from './heif-boxes.ts';

/**
 * How results are known again: a small private block that says so, in the place each container keeps for such blocks.
 * Programs that edit a picture drop blocks they do not know, so an edited result counts as the person's own file.
 */
export const mark = {
  text: Buffer.from('Onestep result\0', 'latin1'),
  /** The last letter is a capital: editors must not copy the chunk (PNG specification, "chunk naming conventions"). */
  pngChunk: 'onST',
  webpChunk: 'ONST',
  /** In the range for private use (65000–65535). */
  tiffTag: 65_440,
  avifBox: 'free',
} as const;

/** Whether the file at `path` is a result of ours, unchanged since. False for anything unreadable. */
export async function hasMark(path: string): Promise<boolean> {
  const format = await sniffFile(path).catch(() => null);
  switch (format) {
    case 'jpeg':
      return findSegment((await readJpegSegments(path)).segments, jpegMarkers.app15, mark.text.toString('latin1')) !== null;
    case 'png':
      return readPngChunks(path).some(({ type }) => type === mark.pngChunk);
    case 'webp':
      return (await readWebpChunks(path)).some(({ type }) => type === mark.webpChunk);
    case 'tiff':
      return hasTiffTag(path, mark.tiffTag);
    case 'avif':
      return (await readTopBoxes(path)).some(
        ({ type, head }) => type === mark.avifBox && mark.text.equals(head.subarray(0, mark.text.length)),
      );
    default:
      return false;
  }
}
