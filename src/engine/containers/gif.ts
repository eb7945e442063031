import { headerContents, type Container } from './container.ts';

/** GIF, of which nothing but the picture is read. */
export const gif: Container = {
  begins: (head) => head.startsWith('GIF87a') || head.startsWith('GIF89a'),
  walk: () => [],
  read: (_file, header) => headerContents(header),
  others: 'frames',
  lossless: true,
};
