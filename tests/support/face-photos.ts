import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { createContext, type EngineContext, type JobWatch } from '../../src/engine/context.ts';
import { enhancePhoto } from '../../src/engine/enhance.ts';
import { importModels } from '../../src/import/import-models.ts';
import type { JobReport, ModelSummary } from '../../src/shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../src/shared/options.ts';
import type { Region, Request } from '../../src/shared/request.ts';
import { goldenFolder } from './golden.ts';

export interface Place {
  readonly engine: EngineContext;
  readonly folder: string;
  readonly models: string;
  readonly imported: readonly (ModelSummary | null)[];
}

/** An engine that has the models that are written, imported, beside those of the golden tests. */
export async function placeIn(folder: string, ...write: readonly ((folder: string) => Promise<string>)[]): Promise<Place> {
  const models = join(folder, 'models');
  await mkdir(models);
  const folders = { cacheFolder: join(folder, 'cache'), temporaryFolder: join(folder, 'temporary') };
  await Promise.all(Object.values(folders).map((each) => mkdir(each)));
  const settings = { modelFolders: [goldenFolder, models], ...folders, threads: 1 };
  const paths = await Promise.all(write.map((each) => each(folder)));
  const outcomes = paths.length === 0 ? [] : await importModels(paths, {}, createContext(settings), {});
  return { engine: createContext(settings), folder, models, imported: outcomes.map(({ model }) => model) };
}

export type Colour = readonly [number, number, number];

/** A square photo of one colour. */
export async function photoOf(
  folder: string,
  name: string,
  colour: Colour,
  side: number,
  depth: 'uchar' | 'ushort' = 'uchar',
): Promise<string> {
  const path = join(folder, name);
  const levels = Array.from({ length: side * side * 3 }, (_, index) => colour[index % 3] ?? 0);
  const pixels = depth === 'uchar' ? Uint8Array.from(levels) : Uint16Array.from(levels);
  const picture = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
  await (depth === 'uchar' ? picture : picture.toColourspace('rgb16')).png().toFile(path);
  return path;
}

/** Twice as large by a model that changes nothing, with faces. */
export const requestFor = (source: string, options: Partial<Options>): Request => ({
  source,
  options: { ...defaultOptions, model: 'identity-x2', target: { kind: 'scale', scale: 2 }, provider: 'cpu', faces: true, ...options },
});

export const enhanceFaces = (
  { engine }: Place,
  source: string,
  options: Partial<Options>,
  region?: Region,
  watch: JobWatch = {},
): Promise<JobReport> => enhancePhoto({ ...requestFor(source, options), ...(region === undefined ? {} : { region }) }, engine, watch);

interface Result {
  readonly at: (x: number, y: number) => number[];
  readonly values: Uint16Array;
  readonly width: number;
}

export async function pixelsOf({ output }: JobReport): Promise<Result> {
  const picture = sharp(output ?? '');
  const { depth } = await picture.metadata();
  const { data, info } = await (depth === 'ushort' ? picture.toColourspace('rgb16') : picture)
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const { width, channels } = info;
  return { values, width, at: (x, y) => Array.from(values.subarray((y * width + x) * channels, (y * width + x + 1) * channels)) };
}
