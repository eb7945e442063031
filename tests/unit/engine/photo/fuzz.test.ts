import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hasMark } from '../../../../src/engine/photo/inspect.ts';
import { outputFormats, type OutputFormat } from '../../../../src/shared/output-formats.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import * as make from '../../../support/metadata-files.ts';
import { doublePhoto, temporaryFolder } from '../../../support/photo-files.ts';

/**
 * Files of every container, flipped, cut, doubled and with their lengths changed: each becomes a whole result or a problem in words, within
 * its time. `npm run fuzz` takes thousands; here some.
 */
const count = Number(process.env.FUZZ_FILES ?? (process.env.npm_lifecycle_event === 'fuzz' ? 5000 : 160));
/** Far above what any takes on a machine that does much else. */
const secondsAllowed = 60;
let seed = Number(process.env.FUZZ_SEED ?? 1);

/** Of a linear congruential generator: the same files every time. */
function below(limit: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}

const mutations: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => {
    const copy = Buffer.from(bytes);
    for (let flips = 1 + below(8); flips > 0; flips--) copy.writeUInt8(below(256), below(copy.length));
    return copy;
  },
  // Most of what is not the picture comes first.
  (bytes) => {
    const copy = Buffer.from(bytes);
    for (let flips = 1 + below(8); flips > 0; flips--) copy.writeUInt8(below(256), below(Math.min(600, copy.length)));
    return copy;
  },
  (bytes) => bytes.subarray(0, 1 + below(bytes.length)),
  (bytes) => {
    const [at, length] = [below(bytes.length), 1 + below(400)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
  },
  (bytes) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32BE([0, 1, 0x7fffffff, 0xffffffff, copy.length][below(5)] ?? 0, below(copy.length - 4));
    return copy;
  },
];

it(`${count} damaged files each become a whole result or a problem in words`, { timeout: 60_000 + count * 2000 }, async () => {
  const files = Object.entries(await make.photosOfEveryContainer());
  const folder = await temporaryFolder();
  const [outcomes, faults] = [{ whole: 0, refused: 0 }, [] as string[]];
  for (let index = 0; index < count; index++) {
    const [extension, bytes] = files[index % files.length] ?? ['jpg', Buffer.alloc(0)];
    const mutated = (mutations[below(mutations.length)] ?? ((same: Buffer) => same))(bytes);
    const path = join(folder, `${index}.${extension}`);
    await writeFile(path, mutated);
    const format = (['jpeg', 'png', 'webp', 'tiff', 'avif'] as const satisfies OutputFormat[])[below(5)] ?? 'png';
    const destination = join(folder, `result-${index}.${outputFormats[format].extension}`);
    const named = `file ${index} (${extension} → ${format})`;
    const started = performance.now();
    try {
      await doublePhoto(path, { destination, format });
      outcomes.whole++;
      if (!(await hasMark(destination))) faults.push(`${named}: no mark`);
    } catch (error) {
      if (!(error instanceof Problem)) faults.push(`${named}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      outcomes.refused++;
    }
    const seconds = (performance.now() - started) / 1000;
    if (seconds > secondsAllowed) faults.push(`${named}: ${seconds.toFixed()} s`);
  }
  expect(faults).toEqual([]);
  // Nothing is left of those that failed.
  const left = await readdir(folder);
  expect(left.length).toBe(count + outcomes.whole);
  expect(Math.min(outcomes.whole, outcomes.refused)).toBeGreaterThan(count / 20);
  expect((await readFile(join(folder, left[0] ?? ''))).length).toBeGreaterThan(0);
});
