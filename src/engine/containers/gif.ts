import { headerContents, type Container } from './container.ts';
import { firstFrame, heldShare } from './gif-frame.ts';

/** GIF, of which nothing but the picture is read. */
export const gif: Container = {
  begins: (head) => head.startsWith('GIF87a') || head.startsWith('GIF89a'),
  walk: () => [],
  read: (_file, header) => headerContents(header),
  coding: (file) => ({ frame: firstFrame(file)?.place }),
  heldShare,
  others: 'frames',
  lossless: true,
};
