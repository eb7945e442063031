import { constants } from 'node:fs';
import { mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { isModelName } from '../shared/model-extensions.ts';
import { safeComponent } from '../shared/name-template.ts';
import { isPhotoName } from '../shared/photo-extensions.ts';

/** More than the largest photo anyone has: a bound, not a quota. */
const fileBytesLimit = 8 * 1024 ** 3;
const folderDepthLimit = 32;
const batchLimit = 1000;

export interface ReceivedFile {
  readonly status: 201 | 400 | 409 | 413 | 415 | 429 | 507;
  /** Where the file lies now, or why it was not taken. */
  readonly text: string;
}

interface Batch {
  readonly folder: string;
  /** In lower case: some file systems do not tell `A.jpg` from `a.jpg`. */
  readonly taken: Set<string>;
}

const refused = (status: Exclude<ReceivedFile['status'], 201>, text: string): ReceivedFile => ({ status, text });

/** Where the page brings files that lie nowhere else, by the first part of the address: dropped, or pasted. */
export class BroughtFiles {
  readonly #places: ReadonlyMap<string, DroppedFiles>;

  /** @param folders for photos, and for model files until they are imported */
  constructor(folders: { readonly droppedFolder: string; readonly droppedModelsFolder: string }) {
    this.#places = new Map([
      ['dropped', new DroppedFiles(folders.droppedFolder, isPhotoName)],
      ['dropped-models', new DroppedFiles(folders.droppedModelsFolder, isModelName)],
    ]);
  }

  /**
   * What receives the file that a request brings; null for every other request.
   * @param address path and query: `/dropped/<batch>/<folder>/<name>?modified=<milliseconds since 1970>`
   */
  receiverOf(method: string, address: string): ((content: Readable) => Promise<ReceivedFile>) | null {
    const [path = '', query = ''] = address.split('?', 2);
    const [, place = '', below = ''] = /^\/([\w-]+)\/(.*)$/s.exec(path) ?? [];
    const files = method === 'PUT' ? this.#places.get(place) : undefined;
    if (files === undefined) return null;
    return (content) => files.receive(below, content, modifiedOf(new URLSearchParams(query)));
  }
}

function modifiedOf(query: URLSearchParams): number | null {
  const value = Number(query.get('modified') ?? Number.NaN);
  return Number.isFinite(value) && Math.abs(value) <= 8.64e15 ? value : null;
}

/**
 * Keeps files that were dropped into the page, or pasted, and could not be found on the disk; photos where a person will look for the results:
 * every drop in a fresh folder of its own, of which no path can lead out. A file appears under its name when it is whole.
 */
export class DroppedFiles {
  readonly #root: string;
  readonly #isWanted: (name: string) => boolean;
  readonly #batches = new Map<string, Promise<Batch>>();

  /**
   * @param root made with the first file
   * @param isWanted by the file's name
   */
  constructor(root: string, isWanted: (name: string) => boolean) {
    this.#root = root;
    this.#isWanted = isWanted;
  }

  /**
   * @param address what follows `/dropped/` or `/dropped-models/` in the address, still encoded: `<batch>/<folder>/<name>`
   * @param modified when the file was changed last, in milliseconds since 1970; null where that is not known
   */
  async receive(address: string, content: Readable, modified: number | null): Promise<ReceivedFile> {
    const parts = segmentsOf(address);
    if (parts === null) return refused(400, 'This is no place for a dropped file.');
    const [batchName = '', ...path] = parts;
    if (!this.#isWanted(path.at(-1) ?? '')) return refused(415, 'Files of this kind are not taken.');
    const pending = this.#batch(batchName);
    if (pending === null) return refused(429, 'Too many drops; start Onestep again.');
    const batch = await pending.catch(() => null);
    if (batch === null) return refused(507, 'The folder for such files cannot be made.');
    const key = path.join('/').toLowerCase();
    if (batch.taken.has(key)) return refused(409, 'There is such a file already.');
    batch.taken.add(key);
    const target = join(batch.folder, ...path);
    try {
      await mkdir(dirname(target), { recursive: true });
      return (await store(content, target, modified)) ? { status: 201, text: target } : refused(413, 'The file is too large.');
    } catch (error) {
      batch.taken.delete(key);
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'ENOSPC') return refused(507, 'The disk is full.');
      if (['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(code))
        return refused(507, 'The folder for such files cannot be written to.');
      throw error;
    }
  }

  #batch(name: string): Promise<Batch> | null {
    const known = this.#batches.get(name);
    if (known !== undefined) return known;
    if (this.#batches.size >= batchLimit) return null;
    const fresh = freshFolder(this.#root).then((folder) => ({ folder, taken: new Set<string>() }));
    // Where no folder could be made, the next file tries again.
    fresh.catch(() => this.#batches.delete(name));
    this.#batches.set(name, fresh);
    return fresh;
  }
}

/** Batch, folders and file name, each fit for every file system; null where the address is nonsense or tries to climb out. */
function segmentsOf(address: string): readonly string[] | null {
  let parts: string[];
  try {
    parts = address.split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
  const [batch = '', ...path] = parts;
  if (!/^[\w-]{8,64}$/.test(batch) || path.length === 0 || path.length > folderDepthLimit) return null;
  if (path.some((part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255)) return null;
  return [batch, ...path.map(safeComponent)];
}

async function freshFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  const [day, time] = new Date().toISOString().split('T') as [string, string];
  const name = `${day} ${time.slice(0, 8).replaceAll(':', '.')}`;
  for (let number = 1; ; number += 1) {
    const folder = join(root, number === 1 ? name : `${name} (${number})`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** @returns false, with nothing left behind, when there is more of it than the limit */
async function store(content: Readable, target: string, modified: number | null): Promise<boolean> {
  const temporary = `${target}.part`;
  const file = await open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY);
  let whole = false;
  try {
    let bytes = 0;
    for await (const chunk of content as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > fileBytesLimit) return false;
      await file.writeFile(chunk);
    }
    // Some network drives cannot.
    await file.sync().catch(() => undefined);
    whole = true;
  } finally {
    await file.close();
    if (!whole) await rm(temporary, { force: true });
  }
  // The picture counts, not its time.
  if (modified !== null) await utimes(temporary, modified / 1000, modified / 1000).catch(() => undefined);
  await rename(temporary, target);
  return true;
}
