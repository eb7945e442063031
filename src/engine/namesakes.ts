import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isPhotoName, stemOf } from '../shared/photo-extensions.ts';

/** One text for all photos of the same name but for the extension, as any file system takes names: without case and Unicode form. */
export const stemKey = (name: string): string => stemOf(name).normalize('NFC').toLowerCase();

interface Listing {
  readonly byStem: ReadonlyMap<string, readonly string[]>;
  /** When the folder was changed last, as of the reading. */
  readonly changed: bigint;
  /** `performance.now()` after it, and how long it took, in milliseconds. */
  readonly read: number;
  readonly took: number;
}

/** Listings of the folders asked for last. */
const listings = new Map<string, Listing>();
const listingsKept = 8;
/** A listing that may be out of date is read again when that costs at most this share of the time. */
const share = 0.02;
/** Times of folders are no finer than this: what comes so soon after another change may not show in them. */
const tickNanoseconds = 50_000_000n;

/**
 * The names of the other photos beside `path` that have its name but for the extension; none where the folder cannot be listed. What it
 * costs does not grow with the folder: a listing serves many photos, though a result that is written beside them may be missing from it.
 */
export async function namesakesOf(path: string): Promise<string[]> {
  const listing = await listingOf(dirname(path));
  const own = basename(path);
  return (listing?.byStem.get(stemKey(own)) ?? []).filter((name) => name !== own);
}

async function listingOf(folder: string): Promise<Listing | null> {
  const before = await stat(folder, { bigint: true }).catch(() => null);
  if (before === null) return null;
  const changed = before.mtimeNs > before.ctimeNs ? before.mtimeNs : before.ctimeNs;
  const known = listings.get(folder);
  if (known !== undefined) {
    const isCurrent = known.changed === changed && BigInt(Date.now()) * 1_000_000n - changed > tickNanoseconds;
    if (isCurrent || (performance.now() - known.read) * share < known.took) return known;
  }
  const began = performance.now();
  const names = await readdir(folder).catch(() => null);
  if (names === null) return null;
  const byStem = new Map<string, string[]>();
  for (const name of names.filter(isPhotoName)) {
    const key = stemKey(name);
    byStem.set(key, [...(byStem.get(key) ?? []), name]);
  }
  const read = performance.now();
  const listing = { byStem, changed, read, took: read - began };
  listings.delete(folder);
  listings.set(folder, listing);
  for (const old of [...listings.keys()].slice(0, -listingsKept)) listings.delete(old);
  return listing;
}
