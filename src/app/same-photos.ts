import { lstat, stat } from 'node:fs/promises';

/** Files looked at between two turns of the event loop. */
const sliceFiles = 256;

/**
 * Photos, each once: of several paths to one file (links, further names of it) that of the file itself, in the place of the first.
 * @returns besides, the paths that are left out, with the one that is taken
 */
export async function eachOnce<Photo extends { readonly path: string }>(
  photos: readonly Photo[],
): Promise<{ photos: Photo[]; again: { readonly path: string; readonly taken: string }[] }> {
  const places = new Map<string, number>();
  const once: Photo[] = [];
  const again: { path: string; taken: string }[] = [];
  for (let start = 0; start < photos.length; start += sliceFiles) {
    const slice = photos.slice(start, start + sliceFiles);
    const identities = await Promise.all(slice.map(({ path }) => identityOf(path)));
    for (const [index, photo] of slice.entries()) {
      const identity = identities[index] ?? photo.path;
      const place = places.get(identity);
      const known = place === undefined ? undefined : once[place];
      if (place === undefined || known === undefined) {
        places.set(identity, once.length);
        once.push(photo);
      } else if (known.path !== photo.path) {
        const isBetter = (await isLink(known.path)) && !(await isLink(photo.path));
        if (isBetter) once[place] = photo;
        again.push(isBetter ? { path: known.path, taken: photo.path } : { path: photo.path, taken: known.path });
      }
    }
  }
  return { photos: once, again };
}

/** One text for all paths to a file. Size and time stand beside its number: some network drives have numbers twice, or none. */
const identityOf = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs }) => (ino === 0n ? path : `${dev} ${ino} ${size} ${mtimeNs}`),
    () => path,
  );

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (file) => file.isSymbolicLink(),
    () => false,
  );
