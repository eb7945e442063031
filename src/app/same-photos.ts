import { lstat, stat } from 'node:fs/promises';

/** Files looked at between two turns of the event loop. */
const sliceFiles = 256;

/** Tells photos that are the same file, whatever paths lead there: links, further names of it, the same name twice. */
export class SamePhotos {
  /** The path taken for each file. */
  readonly #taken = new Map<string, string>();

  /**
   * Photos, each once, and none that was among those of earlier calls: of several paths to one file that of the file itself, in the
   * place of the first.
   * @returns besides, the paths that are left out, with the one that is taken
   */
  async once<Photo>(
    photos: readonly Photo[],
    pathOf: (photo: Photo) => string,
  ): Promise<{ photos: Photo[]; again: { readonly path: string; readonly taken: string }[] }> {
    const once = new Map<string, Photo>();
    const again: { path: string; taken: string }[] = [];
    for (let start = 0; start < photos.length; start += sliceFiles) {
      const slice = photos.slice(start, start + sliceFiles);
      const identities = await Promise.all(slice.map((photo) => identityOf(pathOf(photo))));
      for (const [index, photo] of slice.entries()) {
        const path = pathOf(photo);
        const identity = identities[index] ?? path;
        const taken = this.#taken.get(identity);
        if (taken === undefined) once.set(identity, photo);
        else if (taken === path) continue;
        else if (once.has(identity) && (await isLink(taken)) && !(await isLink(path))) {
          once.set(identity, photo);
          again.push({ path: taken, taken: path });
        } else {
          again.push({ path, taken });
          continue;
        }
        this.#taken.set(identity, path);
      }
    }
    return { photos: [...once.values()], again };
  }
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
