import { afterEach, describe, expect, it, vi } from 'vitest';
import { isPhotoName } from '../../../../src/shared/photo-extensions.ts';
import { asDroppedFile, droppedFiles, droppedRoots, upload } from '../../../../src/renderer/features/library/dropped-files.ts';

const file = (name: string): File => new File(['photo'], name, { lastModified: 1_700_000_000_000 });

const fileEntry = (path: string): object => ({
  isFile: true,
  isDirectory: false,
  name: path.split('/').at(-1),
  fullPath: path,
  file: (resolve: (file: File) => void) => resolve(file(path)),
});

/** A folder whose reader, like a browser's, hands over a hundred entries at a time. */
const folderEntry = (path: string, entries: readonly object[]): object => ({
  isFile: false,
  isDirectory: true,
  name: path.split('/').at(-1),
  fullPath: path,
  createReader: () => {
    let from = 0;
    return {
      readEntries: (resolve: (entries: readonly object[]) => void) => resolve(entries.slice(from, (from += 100))),
    };
  },
});

const transfer = (entries: readonly (object | null)[]): DataTransfer =>
  ({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })) }) as unknown as DataTransfer;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('what is dropped into a browser', () => {
  it('is searched to the bottom for photos, and all of a long folder is read', async () => {
    const many = Array.from({ length: 250 }, (_, number) => fileEntry(`/trip/day 1/${number}.JPG`));
    const found = await droppedFiles(
      transfer([folderEntry('/trip', [folderEntry('/trip/day 1', many), fileEntry('/trip/notes.txt')]), fileEntry('/single.heic'), null]),
      isPhotoName,
    );
    expect(found).toHaveLength(251);
    expect(found[0]?.path).toBe('trip/day 1/0.JPG');
    expect(found.at(-1)?.path).toBe('single.heic');
    expect(asDroppedFile({ file: file('a.jpg'), path: 'trip/a.jpg' })).toEqual({
      path: 'trip/a.jpg',
      fileBytes: 5,
      modified: 1_700_000_000_000,
    });
  });

  it('is brought to the application under an encoded address, and a refusal is told', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (address: string, { method }: RequestInit) => {
      asked.push(`${method ?? ''} ${address}`);
      return address.includes('no.jpg')
        ? new Response('too large', { status: 413 })
        : new Response('/home/x/50% & more/ä.jpg', { status: 201 });
    });
    expect(await upload({ file: file('ä.jpg'), path: '50% & more/ä.jpg' }, 'batch-17', 'dropped')).toBe('/home/x/50% & more/ä.jpg');
    expect(await upload({ file: file('no.jpg'), path: 'no.jpg' }, 'batch-17', 'dropped')).toBeNull();
    expect(asked[0]).toBe('PUT /dropped/batch-17/50%25%20%26%20more/%C3%A4.jpg?modified=1700000000000');
  });

  it('is opened as it was dropped: folders as folders, single photos as they are', () => {
    expect(
      droppedRoots([
        { path: 'trip/a.jpg', target: '/home/x/Onestep/1/trip/a.jpg' },
        { path: 'trip/day 1/b.jpg', target: '/home/x/Onestep/1/trip/day 1/b.jpg' },
        { path: 'c.jpg', target: '/home/x/Onestep/1/c.jpg' },
      ]),
    ).toEqual(['/home/x/Onestep/1/trip', '/home/x/Onestep/1/c.jpg']);
    expect(droppedRoots([{ path: 'trip/day 1/b.jpg', target: 'C:\\Users\\x\\1\\trip\\day 1\\b.jpg' }])).toEqual(['C:\\Users\\x\\1\\trip']);
  });
});
