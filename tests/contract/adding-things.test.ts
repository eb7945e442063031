import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import type { JobReport } from '../../src/shared/engine-protocol.ts';
import type { EngineCalls } from '../../src/shared/protocol/engine.ts';
import { manifestSchema } from '../../src/shared/manifest.ts';
import { defaultOptions, optionNames, options, type Options } from '../../src/shared/options.ts';
import { outputFormatNames } from '../../src/shared/output-formats.ts';
import { noImports } from '../support/golden.ts';

/** The recipes of CONTRIBUTING.md, "Adding things": each table is walked row by row, so that a new row needs no new test. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const modelsFolder = join(root, 'models');
const modelIds = readdirSync(modelsFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const size = { width: 23, height: 17 };
let folder: string;
let photo: string;
let engine: EngineCalls;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onestep-adding-'));
  photo = join(folder, 'photo.png');
  const pixels = Buffer.from(Array.from({ length: size.width * size.height * 3 }, (_, index) => (index * 37) % 251));
  await sharp(pixels, { raw: { ...size, channels: 3 } }).toFile(photo);
  engine = createEngine({ progress: () => undefined, notice: () => undefined }, noImports);
  const [cacheFolder, temporaryFolder] = [join(folder, 'cache'), join(folder, 'temporary')];
  await engine.process.open({ modelFolders: [modelsFolder], cacheFolder, temporaryFolder, threads: 2 });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const enhance = (name: string, chosen: Partial<Options>): Promise<JobReport> =>
  engine.photos.enhance(name, { source: photo, options: { ...defaultOptions, provider: 'cpu', name, ...chosen } });

describe('a model is a folder in models/', () => {
  it('and there is at least one', () => {
    expect(modelIds).not.toEqual([]);
  });

  it.each(modelIds)('%s: its manifest is read, and it enlarges a tiny photo', async (id) => {
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(modelsFolder, id, 'manifest.json'), 'utf8')));
    expect(manifest.id).toBe(id);
    if (!('scale' in manifest)) throw new Error(`${id} does not enlarge.`);
    const report = await enhance(id, { model: id, target: { kind: 'longEdge', pixels: size.width * manifest.scale } });
    expect(report).toMatchObject({ status: 'done', passes: [{ model: id, scale: manifest.scale }] });
    const written = await sharp(report.output ?? '').metadata();
    expect([written.width, written.height]).toEqual([size.width * manifest.scale, size.height * manifest.scale]);
  });
});

describe('an output format is a row', () => {
  it.each(outputFormatNames)('%s: the result is one and decodes', async (format) => {
    const report = await enhance(`as-${format}`, { format, target: { kind: 'scale', scale: 2 } });
    expect(report).toMatchObject({ status: 'done', format });
    const { data, info } = await sharp(report.output ?? '')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([size.width * 2, size.height * 2]);
    expect(new Set(data).size).toBeGreaterThan(16);
  });
});

describe('an option is a row', () => {
  const help = (): string => spawnSync(process.execPath, [join(root, 'out', 'cli.js'), 'enhance', '--help'], { encoding: 'utf8' }).stdout;

  it('and every flag of every row is in the help of the command line', () => {
    const text = help();
    const flags = optionNames.flatMap((name) => options[name].flags.map(({ flag }) => flag));
    expect(flags.filter((flag) => !text.includes(flag))).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  it('names only places that exist', () => {
    const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    const places = [...text.matchAll(/`((?:src|models|docs|scripts|tests|\.ci)\/[\w./-]*)`/g)].map(([, place = '']) => place);
    expect(places.map((place) => basename(place))).toContain('options.ts');
    expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });

  it('and the README name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const text = ['CONTRIBUTING.md', 'README.md'].map((name) => readFileSync(join(root, name), 'utf8')).join('\n');
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
