/**
 * The bytes that a disk says are free, from `statfs`. A disk without blocks says nothing about its room (some network drives and FUSE
 * file systems): then there is no limit that could be known.
 */
export const freeBytes = ({ bavail, bsize, blocks }: { bavail: number; bsize: number; blocks: number }): number =>
  blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
