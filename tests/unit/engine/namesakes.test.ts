import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namesakesOf } from '../../../src/engine/namesakes.ts';
import { testFolder } from '../../support/golden.ts';

async function folderOf(parent: string, name: string, files: readonly string[]): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  for (const file of files) await writeFile(join(folder, file), '');
  return folder;
}

/** Milliseconds of the processor for each of the first photos of a folder: the least of five turns, as others may compute beside it. */
async function costOf(folder: string, photos: readonly string[]): Promise<number> {
  const turns: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const before = process.cpuUsage();
    for (const photo of photos) await namesakesOf(join(folder, photo));
    const { user, system } = process.cpuUsage(before);
    turns.push((user + system) / 1000 / photos.length);
  }
  return Math.min(...turns);
}

describe('photos of the same name', () => {
  it('are those whose names differ in the extension, case or Unicode form only', async () => {
    const names = ['a.jpg', 'a.heic', 'A.JPG', 'a.txt', 'a_2x.jpg', 'b.jpg', 'Zo\u00eb.jpg', 'Zoe\u0308.png'];
    const folder = await folderOf(await testFolder(), 'photos', names);
    expect((await namesakesOf(join(folder, 'a.jpg'))).toSorted()).toEqual(['A.JPG', 'a.heic']);
    expect(await namesakesOf(join(folder, 'b.jpg'))).toEqual([]);
    expect(await namesakesOf(join(folder, 'Zo\u00eb.jpg'))).toEqual(['Zoe\u0308.png']);
    expect(await namesakesOf(join(folder, 'none', 'a.jpg'))).toEqual([]);
  });

  it('are found when they come', async () => {
    const folder = await folderOf(await testFolder(), 'photos', ['a.jpg']);
    expect(await namesakesOf(join(folder, 'a.jpg'))).toEqual([]);
    await writeFile(join(folder, 'a.heic'), '');
    await expect.poll(() => namesakesOf(join(folder, 'a.jpg'))).toEqual(['a.heic']);
  });

  it('cost the same in a large folder as in a small one', async () => {
    const root = await testFolder();
    const names = Array.from({ length: 10_000 }, (_, index) => `IMG_${index}.jpg`);
    const few = names.slice(0, 500);
    const [small, large] = [await folderOf(root, 'small', few), await folderOf(root, 'large', names)];
    // The first of them reads the folder, once: half a hundredth of a second over all 10,000.
    expect(await costOf(large, few)).toBeLessThan(3 * (await costOf(small, few)) + 0.05);
  });
});
