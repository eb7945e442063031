import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { Pixels } from '../../src/engine/image/pixels.ts';
import { newSamples } from '../../src/engine/image/samples.ts';
import { StripFile } from '../../src/engine/tiff/strip-file.ts';
import { checkFormat } from '../../src/engine/photo/limits.ts';
import { openPhoto } from '../../src/engine/photo/open.ts';
import { writePhoto, type WriteOptions, type WrittenPhoto } from '../../src/engine/photo/write.ts';

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A new empty folder, removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-test-'));
  folders.push(folder);
  return folder;
}

/** The pixels with each repeated `factor` times in both directions: an enlargement whose values are known. */
export async function repeated(source: Pixels, factor: number, path: string): Promise<StripFile> {
  const { channels, bits } = source;
  const width = source.width * factor;
  const file = await StripFile.create(path, { width, height: source.height * factor, channels, bits });
  for (let y = 0; y < source.height; y++) {
    const input = await source.readRows(y, 1);
    const row = newSamples(bits, width * channels);
    for (let i = 0; i < row.length; i++) {
      const x = Math.floor(i / channels / factor);
      row[i] = input[x * channels + (i % channels)] ?? 0;
    }
    for (let copy = 0; copy < factor; copy++) await file.append(row);
  }
  await file.finish();
  return file;
}

/** Opens a photo, doubles it by repetition and writes it: everything but the model. */
export async function doublePhoto(
  source: string,
  options: Pick<WriteOptions, 'destination' | 'format'> & Partial<WriteOptions> & { width?: number; height?: number },
): Promise<WrittenPhoto> {
  const scratch = options.scratch ?? (await temporaryFolder());
  const photo = await openPhoto(source, { maxMegapixels: 500, scratch });
  // As the plan does.
  checkFormat({ format: options.format, width: 2 * photo.pixels.width, height: 2 * photo.pixels.height });
  const pixels = await repeated(photo.pixels, 2, join(scratch, 'result.tif'));
  try {
    const written = await writePhoto(
      { pixels, alpha: photo.alpha, photo, width: options.width ?? pixels.width, height: options.height ?? pixels.height },
      { onCollision: 'number', originals: [], quality: 'match', background: '#ffffff', dpi: null, ...options, scratch },
    );
    // What is said to be kept has been found in the result.
    expect(written.lost.filter(({ code }) => code === 'lost.notFound')).toEqual([]);
    return written;
  } finally {
    await pixels.close();
    await photo.close();
  }
}
