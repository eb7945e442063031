import type { DroppedFile } from '../../../shared/library.ts';
import { isPhotoName } from '../../../shared/photo-extensions.ts';

/** A file as a browser hands it over: it does not say where it lies. */
export interface Dropped {
  readonly file: File;
  /** Below what was dropped, with `/` between folders. */
  readonly path: string;
}

export const asDroppedFile = ({ file, path }: Dropped): DroppedFile => ({ path, fileBytes: file.size, modified: file.lastModified });

/**
 * The photos among what was dropped, folders searched to their bottom. Must be called in the drop event itself: the list that it
 * reads is empty afterwards.
 */
export function droppedPhotos(transfer: DataTransfer): Promise<Dropped[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return photosBelow(entries);
}

async function photosBelow(entries: readonly FileSystemEntry[]): Promise<Dropped[]> {
  const found: Dropped[] = [];
  for (const entry of entries) {
    if (isFile(entry)) {
      if (isPhotoName(entry.name)) found.push({ file: await fileOf(entry), path: entry.fullPath.replace(/^\//, '') });
    } else if (isFolder(entry)) {
      found.push(...(await photosBelow(await entriesOf(entry))));
    }
  }
  return found;
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });

/** A reader hands over a hundred at a time, and nothing when it is through. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Brings one file to the application; answers where it lies now, or null where it was not taken. */
export async function upload({ file, path }: Dropped, batch: string): Promise<string | null> {
  const place = path.split('/').map(encodeURIComponent).join('/');
  const answer = await fetch(`/dropped/${batch}/${place}?modified=${String(file.lastModified)}`, { method: 'PUT', body: file });
  return answer.status === 201 ? answer.text() : null;
}

/** What to open when files lie in a new place: the folders and files that were dropped, not each file in them. */
export function droppedRoots(files: readonly { readonly path: string; readonly target: string }[]): string[] {
  const roots = files.map(({ path, target }) => {
    const below = path.split('/').length - 1;
    return below === 0 ? target : target.replace(new RegExp(`(?:[\\\\/][^\\\\/]+){${String(below)}}$`), '');
  });
  return [...new Set(roots)];
}
