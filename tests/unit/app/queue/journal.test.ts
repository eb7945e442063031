import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { Journal, type JournalKind } from '../../../../src/app/queue/journal.ts';
import { testFolder } from '../../../support/golden.ts';

const kind: JournalKind<number> = { name: 'numbers', version: 1, schema: z.number() };

async function contents(path: string): Promise<number[]> {
  const { journal, lines } = await Journal.open(path, kind);
  await journal.close();
  return lines;
}

describe('a journal', () => {
  it('tells what was appended, in order, however many at once', async () => {
    const path = join(await testFolder(), 'j');
    const { journal, lines } = await Journal.open(path, kind);
    expect(lines).toEqual([]);
    await Promise.all([journal.append([1, 2]), journal.append([]), journal.append([3])]);
    await journal.append([4]);
    expect(journal.lines).toBe(4);
    await journal.close();
    expect(await readFile(path, 'utf8')).toBe('{"journal":"numbers","version":1}\n1\n2\n3\n4\n');
    expect(await contents(path)).toEqual([1, 2, 3, 4]);
  });

  it('passes over a torn last line, wherever it was torn, and goes on behind it', async () => {
    const folder = await testFolder();
    const path = join(folder, 'j');
    const { journal } = await Journal.open(path, kind);
    await journal.append([11, 22]);
    await journal.close();
    const whole = (await readFile(path)).length;
    const heading = whole - '11\n22\n'.length;
    for (let length = heading; length <= whole; length += 1) {
      const cut = join(folder, `cut-${length}`);
      await writeFile(cut, await readFile(path));
      await truncate(cut, length);
      const before = [[], [1], [11], [11], [11, 2], [11, 22], [11, 22]][length - heading];
      expect(await contents(cut)).toEqual(before);
      const again = await Journal.open(cut, kind);
      await again.journal.append([33]);
      await again.journal.close();
      expect(await contents(cut)).toEqual([...(before ?? []), 33]);
    }
  });

  it('begins anew where it died while it was created, and passes over lines that are damaged', async () => {
    const path = join(await testFolder(), 'j');
    await writeFile(path, '{"journal":"num');
    expect(await contents(path)).toEqual([]);
    const { journal } = await Journal.open(path, kind);
    await journal.append([1]);
    await appendFile(path, '\u0000\u0000\u0000\n"text"\n');
    await journal.append([2]);
    await journal.close();
    expect(await contents(path)).toEqual([1, 2]);
  });

  it('is replaced in one step, and keeps what is appended meanwhile', async () => {
    const folder = await testFolder();
    const path = join(folder, 'j');
    const { journal } = await Journal.open(path, kind);
    await journal.append([1, 2, 3]);
    const early = journal.append([4]);
    const rewritten = journal.rewrite([10, 4]);
    const late = journal.append([5]);
    expect(journal.lines).toBe(3);
    await Promise.all([early, rewritten, late]);
    await journal.append([6]);
    await journal.close();
    expect(await contents(path)).toEqual([10, 4, 5, 6]);
    expect(await readdir(folder)).toEqual(['j']);
  });

  it('of a later version is refused and left as it is; a file that is none is put aside', async () => {
    const folder = await testFolder();
    const path = join(folder, 'j');
    const later = '{"journal":"numbers","version":2}\n{"new":true}\n';
    await writeFile(path, later);
    await expect(contents(path)).rejects.toMatchObject({ code: 'newer-version', detail: path });
    expect(await readFile(path, 'utf8')).toBe(later);
    await writeFile(path, 'a letter to my aunt\n');
    expect(await contents(path)).toEqual([]);
    expect(await readFile(`${path}.damaged`, 'utf8')).toBe('a letter to my aunt\n');
  });

  it('that cannot be written says so', async () => {
    const folder = await testFolder();
    await mkdir(join(folder, 'j'));
    await expect(contents(join(folder, 'j'))).rejects.toMatchObject({ code: 'not-writable' });
  });
});
