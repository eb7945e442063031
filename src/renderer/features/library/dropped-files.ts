import type { DroppedFile } from '../../../shared/library.ts';

/** A file as a browser hands it over: it does not say where it lies. */
export interface Dropped {
  readonly file: File;
  /** Relative to what was dropped, with `/` between folders. */
  readonly path: string;
}

export const asDroppedFile = ({ file, path }: Dropped): DroppedFile => ({ path, fileBytes: file.size, modified: file.lastModified });

/**
 * The files among what was dropped whose names are wanted, folders searched to their bottom. Must be called in the drop event itself: the list that it
 * reads is empty afterwards.
 */
export function droppedFiles(transfer: DataTransfer, isWanted: (name: string) => boolean): Promise<Dropped[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return filesBelow(entries, isWanted);
}

async function filesBelow(entries: readonly FileSystemEntry[], isWanted: (name: string) => boolean): Promise<Dropped[]> {
  const found: Dropped[] = [];
  for (const entry of entries) {
    if (isFile(entry)) {
      if (isWanted(entry.name)) found.push({ file: await fileOf(entry), path: entry.fullPath.replace(/^\//, '') });
    } else if (isFolder(entry)) {
      found.push(...(await filesBelow(await entriesOf(entry), isWanted)));
    }
  }
  return found;
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader returns up to a hundred entries per call, and none at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Where each kind of file is uploaded. */
type DropPlace = 'dropped' | 'dropped-models';

/** Uploads one file to the application. Returns where it was saved, or null if it was refused. */
export async function upload({ file, path }: Dropped, batch: string, where: DropPlace): Promise<string | null> {
  const place = path.split('/').map(encodeURIComponent).join('/');
  const answer = await fetch(`/${where}/${batch}/${place}?modified=${file.lastModified}`, { method: 'PUT', body: file });
  return answer.status === 201 ? answer.text() : null;
}

/** What to open when files lie in a new place: the folders and files that were dropped, not each file in them. */
export function droppedRoots(files: readonly { readonly path: string; readonly target: string }[]): string[] {
  const roots = files.map(({ path, target }) => {
    const below = path.split('/').length - 1;
    return below === 0 ? target : target.replace(new RegExp(`(?:[\\\\/][^\\\\/]+){${below}}$`), '');
  });
  return [...new Set(roots)];
}
