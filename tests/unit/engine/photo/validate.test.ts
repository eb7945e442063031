import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Block, Holding } from '../../../../src/engine/containers/container.ts';
import { containerOf } from '../../../../src/engine/containers/table.ts';
import { withBytes } from '../../../../src/engine/image/file-bytes.ts';
import { newSamples } from '../../../../src/engine/image/samples.ts';
import { openPhoto, type Photo } from '../../../../src/engine/photo/open.ts';
import { writePhoto, type WrittenPhoto } from '../../../../src/engine/photo/write.ts';
import { StripFile } from '../../../../src/engine/tiff/strip-file.ts';
import { outputFormatNames, outputFormats, type OutputFormat } from '../../../../src/shared/output-formats.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import type { Sentence } from '../../../../src/shared/sentence.ts';
import { photosOfEveryContainer } from '../../../support/metadata-files.ts';
import { needs } from '../../../support/needs.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { sharedData } from '../../../support/shared-data.ts';

/** Photos of the readers' own projects; null where one cannot be decoded. */
async function opened(path: string, scratch: string): Promise<Photo | null> {
  return openPhoto(path, { maxMegapixels: 500, scratch }).catch((error: unknown) => {
    if (error instanceof Problem) return null;
    throw error;
  });
}

/** A result that has all that goes with the photo and, in place of its pixels, a few grey ones. */
async function written(
  photo: Photo,
  { destination, format, scratch }: { destination: string; format: OutputFormat; scratch: string },
): Promise<WrittenPhoto> {
  const [width, height] = [24, 16];
  const { channels, bits } = photo.pixels;
  const pixels = await StripFile.create(join(scratch, 'few.tif'), { width, height, channels, bits });
  await pixels.append(newSamples(bits, width * height * channels).fill(bits === 8 ? 128 : 32_768));
  await pixels.finish();
  try {
    return await writePhoto(
      { pixels, alpha: null, photo, width, height },
      { destination, format, scratch, onCollision: 'number', originals: [], quality: 'match', background: '#ffffff', dpi: null },
    );
  } finally {
    await pixels.close();
  }
}

/** What exiftool complains of, by file name. */
function complaints(folder: string): Map<string, Set<string>> {
  const words = ['-validate', '-warning', '-error', '-a', '-G4', '-json', '-q', '-q', folder];
  // It fails where one of the files has an error.
  const rows = JSON.parse(spawnSync('exiftool', words, { maxBuffer: 64 << 20 }).stdout.toString()) as Record<string, unknown>[];
  return new Map(
    rows.map((row) => {
      const found = Object.entries(row).filter(([key]) => /(Warning|Error)$/.test(key));
      return [String(row.SourceFile).split('/').at(-1) ?? '', new Set(found.map(([, text]) => String(text)))];
    }),
  );
}

const pathsIn = async (parent: string): Promise<string[]> => (await readdir(parent)).map((name) => join(parent, name));

const folder = 'odd';

describe('all that is in the odd files', needs('sharedData'), () => {
  it('ends up kept, converted or lost: every block of every file', { timeout: 120_000 }, async () => {
    for (const name of await readdir(sharedData(folder))) {
      const scratch = await temporaryFolder();
      const photo = await opened(sharedData(folder, name), scratch);
      if (photo === null) continue;
      const { format } = photo.facts;
      const report = await written(photo, {
        destination: join(scratch, 'result'),
        format: format in outputFormats ? (format as OutputFormat) : 'png',
        scratch,
      });
      const codes = new Set([...report.kept, ...report.converted, ...report.lost].flatMap(codesIn));
      const untold = blocksOf(photo).filter(({ holds }) => !isTold(holds, codes));
      expect({ name, untold }).toEqual({ name, untold: [] });
      await photo.close();
    }
  });
});

describe('results', needs('sharedData', 'exiftool'), () => {
  it('have no fault that exiftool does not find in their photo', { timeout: 240_000 }, async () => {
    const [results, made] = [await temporaryFolder(), await temporaryFolder()];
    for (const [extension, bytes] of Object.entries(await photosOfEveryContainer()))
      await writeFile(join(made, `made.${extension}`), bytes);
    const before = new Map([...complaints(sharedData(folder)), ...complaints(made)]);
    let count = 0;
    for (const path of [...(await pathsIn(sharedData(folder))), ...(await pathsIn(made))]) {
      const scratch = await temporaryFolder();
      const photo = await opened(path, scratch);
      if (photo === null) continue;
      for (const format of outputFormatNames) {
        await written(photo, { destination: join(results, `${basename(path)}.${outputFormats[format].extension}`), format, scratch });
        count++;
      }
      await photo.close();
    }
    // Formats demand different tags: what a photo of another format lacks its result lacks too, for nothing is made up.
    const faults = [...complaints(results)].flatMap(([result, found]) => {
      const name = result.slice(0, result.lastIndexOf('.'));
      const mayLack = !name.endsWith(result.slice(name.length));
      const fresh = [...found].filter(
        (fault) => !before.get(name)?.has(fault) && !(mayLack && /^Missing required (?!TIFF IFD0 tag 0x011[ab])/.test(fault)),
      );
      return fresh.map((fault) => `${result}: ${fault}`);
    });
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(300);
  });
});

function blocksOf({ facts }: Photo): Block[] {
  const container = containerOf(facts.format);
  return withBytes(facts.path, (file) => [...container.walk(file), ...(container.beyond?.(file) ?? [])]);
}

const codesIn = ({ code, values }: Sentence): string[] => [
  code,
  ...Object.values(values).flatMap((value) => (typeof value === 'object' && 'code' in value ? [value.code] : [])),
];

/** The sentences of which one tells what becomes of a block. */
const told: Partial<Record<Holding, readonly string[]>> = {
  exif: ['part.exif'],
  xmp: ['part.xmp', 'part.extendedXmp'],
  resources: ['part.iptc', 'part.resources', 'lost.thumbnail'],
  icc: ['part.profile', 'lost.profile', 'converted.colours', 'converted.coloursOf', 'converted.grey', 'lost.colour'],
  comments: ['part.comment'],
  pngText: ['part.pngText'],
  shot: ['part.shot'],
  thumbnail: ['lost.thumbnail'],
  copies: ['lost.copies'],
  film: ['lost.film'],
  gainMap: ['lost.gainMap'],
  depth: ['lost.depth'],
  credentials: ['lost.credentials'],
  layers: ['lost.layers'],
  pictures: ['lost.pictures.primary'],
  trailer: ['lost.trailer'],
  other: ['lost.blocks'],
};

/** What says how the picture is coded, and what is in every result, needs no words. */
function isTold(holds: Holding, codes: ReadonlySet<string>): boolean {
  const any = told[holds];
  return any === undefined ? ['picture', 'mark', 'density', 'pngColour'].includes(holds) : any.some((code) => codes.has(code));
}
