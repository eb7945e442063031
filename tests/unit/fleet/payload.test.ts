import { describe, expect, it } from 'vitest';
import {
  batchOf,
  entryOf,
  jobIdOf,
  optionsOf,
  priorityOf,
  readEntry,
  travellingOptions,
  type Payload,
} from '../../../src/fleet/payload.ts';
import { defaultOptions } from '../../../src/shared/options.ts';

const keys: Readonly<Record<string, string>> = { nas: 'one', other: 'two' };
const keyOf = (root: string): string | null => keys[root] ?? null;
const id = '3f0c1f5e-4a1b-4c52-9f0e-2f6a7d1b8c9d';
const payload: Omit<Payload, 'v'> = {
  batch: '0123456789abcdef',
  roots: { nas: id },
  source: { root: 'nas', path: '2019/Fête d’été.jpg' },
  version: { bytes: 1, modified: 2 },
  destination: { root: 'nas', path: '2019/Fête d’été_2x.jpg' },
  before: null,
  options: { format: 'png' },
  models: [{ id: 'onestep-photo', manifest: 'a'.repeat(64) }],
  megapixels: 48,
};

describe('an entry of the queue', () => {
  it('is read as it was written, and has less than 2,000 bytes', () => {
    const entry = entryOf(payload, keyOf);
    expect(readEntry(entry, keyOf)).toEqual({ v: 1, ...payload });
    expect(JSON.stringify(entry).length).toBeLessThan(2000);
  });

  it.each([
    ['an empty name', 'a//b.jpg'],
    ['the folder above', 'a/../../b.jpg'],
    ['the folder itself', './b.jpg'],
    ['an absolute path', '/etc/passwd'],
    ['a drive', 'C:/a.jpg'],
    ['a stream of NTFS', 'a.jpg:hidden'],
    ['a backslash', 'a\\b.jpg'],
    ['a zero', 'a\0b.jpg'],
    ['nothing', ''],
  ])('with %s in its path is refused', (_, path) => {
    const source = { root: 'nas', path };
    expect(() => readEntry(entryOf({ ...payload, source }, keyOf), keyOf)).toThrow('An entry in the queue was not made by Onestep.');
    expect(() => readEntry(entryOf({ ...payload, destination: source }, keyOf), keyOf)).toThrow();
  });

  it('is believed only with the mark of every folder that it speaks of', () => {
    const both = { ...payload, roots: { nas: id, other: id }, destination: { root: 'other', path: 'a.jpg' } };
    const entry = entryOf(both, keyOf);
    expect(readEntry(entry, keyOf)).toMatchObject(both);
    const { other: _, ...marks } = entry.marks;
    expect(() => readEntry({ ...entry, marks }, keyOf)).toThrow('not signed with the key of the folder “other”');
    expect(() => readEntry({ ...entry, body: entry.body.replace('a.jpg', 'b.jpg') }, keyOf)).toThrow('not signed');
    // A folder that it does not name is not signed for.
    expect(() => readEntry(entryOf({ ...both, roots: { nas: id } }, keyOf), keyOf)).toThrow('not made by Onestep');
    expect(() => readEntry(entryOf({ ...payload, roots: { third: id } }, keyOf), keyOf)).toThrow('“third” is not known on this computer');
  });

  it('of a later version is told apart from nonsense', () => {
    const later = { ...payload, v: 2, something: 'new' } as Omit<Payload, 'v'>;
    expect(() => readEntry(entryOf(later, keyOf), keyOf)).toThrow(expect.objectContaining({ code: 'newer-version' }));
    const odd = { ...payload, something: 'new' } as Omit<Payload, 'v'>;
    expect(() => readEntry(entryOf(odd, keyOf), keyOf)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

describe('options', () => {
  it('travel where they differ, without those that are each machine’s own', () => {
    const options = { ...defaultOptions, format: 'png', provider: 'cuda', tile: 64, output: '/x', name: 'y' } as const;
    expect(travellingOptions(options)).toEqual({ format: 'png' });
    expect(optionsOf({ options: { format: 'png', provider: 'cuda', tile: 1 } }, { provider: 'cpu', tile: 0 })).toEqual({
      ...defaultOptions,
      format: 'png',
      provider: 'cpu',
    });
    expect(() => optionsOf({ options: { maxMegapixels: 1e9 } }, defaultOptions)).toThrow();
  });
});

describe('names of work', () => {
  it('are the same for the same, and nothing that the queue refuses', () => {
    const batch = batchOf({ root: 'nas', path: 'a' }, null, defaultOptions);
    expect(batch).toBe(batchOf({ root: 'nas', path: 'a' }, null, { ...defaultOptions, provider: 'cpu' }));
    expect(batch).not.toBe(batchOf({ root: 'nas', path: 'b' }, null, defaultOptions));
    const job = jobIdOf(batch, payload.source, payload.version);
    expect(job).toMatch(/^w[0-9a-f]{32}$/);
    expect(job).not.toBe(jobIdOf(batch, payload.source, { bytes: 2, modified: 2 }));
  });

  it('what takes longest comes first, within a band', () => {
    expect(priorityOf(100)).toBeLessThan(priorityOf(10));
    expect(priorityOf(0.01, 0)).toBeLessThan(priorityOf(10_000, 1));
    expect([priorityOf(1e9, 0), priorityOf(0, 3)]).toEqual([1, 2_000_000]);
  });
});
