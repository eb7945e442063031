import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { basename, extname } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { build, type Rolldown } from 'vite';
import type { AppCalls } from '../../../../../src/shared/contract.ts';
import type { Pyramid, ModelSummary } from '../../../../../src/shared/engine-protocol.ts';
import { builtInMetrics, type Evaluation, type Measurement } from '../../../../../src/shared/evaluation.ts';
import type { PhotoCard } from '../../../../../src/shared/library.ts';
import type { Options } from '../../../../../src/shared/options.ts';
import { parsePhotoAddress } from '../../../../../src/shared/photo-addresses.ts';
import { Problem, problemOf } from '../../../../../src/shared/problem.ts';
import type { Region } from '../../../../../src/shared/request.ts';
import { defaultSettings, type Settings } from '../../../../../src/shared/settings.ts';

export interface ShownPhoto {
  readonly source: string | Buffer;
  readonly result: string | Buffer | null;
  readonly job?: object;
}

/** The colour of every drift map. */
export const driftShown = { r: 33, g: 145, b: 140 };

const driftPicture = sharp({ create: { width: 30, height: 20, channels: 3, background: driftShown } }).png();

export interface ComparePage {
  readonly url: string;
  /** What was called, with its arguments. */
  readonly calls: { readonly name: string; readonly parameters: readonly unknown[] }[];
  readonly settings: Settings;
  /** From now on the pictures of this number are gone. */
  readonly lose: (id: number) => void;
  readonly close: () => Promise<void>;
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
}

const tileSide = 256;
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const models = ['sharp', 'soft'].map((id): ModelSummary => ({
  id,
  name: `Model ${id}`,
  summary: '',
  ...{ family: null, faces: null, scale: 4 },
  options: id === 'sharp' ? ['strength'] : [],
  defaults: {},
  credits: [],
  author: '',
  experimental: false,
  removable: false,
  quantisable: false,
  sources: [],
  precisions: ['fp32'],
  licence: 'MIT',
  limits: '',
  folder: '',
  problem: null,
}));

/**
 * The page where photos are compared, built from the sources, with an application behind it that has just what the page needs: tiles
 * cut by sharp, and previews that take `previewMs`. Photos have the numbers 0, 2, 4 …, their results 1, 3, 5 …
 */
export async function openComparePage(photos: readonly ShownPhoto[], previewMs = 50): Promise<ComparePage> {
  const files = await (page ??= buildPage());
  const pictures = new Map<number, Promise<Level[]>>();
  const lost = new Set<number>();
  const calls: ComparePage['calls'] = [];
  let settings = defaultSettings;
  let cancelled = (): void => undefined;
  let parametersOfNiqe = false;

  const levelsOf = async (id: number): Promise<Level[]> => {
    if (lost.has(id)) throw new Problem('not-found', 'The photo is no longer there.');
    const photo = photos[Math.floor(id / 2)];
    const input = id % 2 === 0 ? photo?.source : photo?.result;
    let levels = pictures.get(id);
    if (levels === undefined) {
      if (input === undefined || input === null) throw new Problem('not-found', 'There is no such photo.');
      levels = makeLevels(input);
      pictures.set(id, levels);
    }
    return levels;
  };
  const card = async (index: number): Promise<PhotoCard> => {
    const { source, result } = photos[index] ?? { source: '', result: null };
    const name = typeof source === 'string' ? basename(source) : `photo-${index}.png`;
    return {
      id: 2 * index,
      path: `/${name}`,
      name,
      folder: '/',
      format: extname(name).slice(1),
      fileBytes: 1,
      modified: 0,
      width: null,
      height: null,
      version: 'one',
      state: result === null ? 'new' : 'done',
      jobId: null,
      result: result === null ? null : { id: 2 * index + 1, path: `/result-${name}`, version: 'one', width: null, height: null },
    };
  };
  const previewOf = async (id: number, region: Region, { model, strength }: Options): Promise<number> => {
    const full = (await levelsOf(id)).at(-1);
    if (full === undefined) throw new Error('No level.');
    const enlarged = raw(full)
      .extract(region)
      .resize({ width: region.width * 4, kernel: model === 'soft' ? 'linear' : 'lanczos3' });
    const shown = model === 'soft' ? enlarged : enlarged.sharpen({ sigma: 1 + 4 * (strength ?? 0.5) });
    const number = 100_000 + pictures.size;
    pictures.set(number, makeLevels(await shown.png().toBuffer()));
    return number;
  };

  const evaluationOf = (reference: string | null): Evaluation => {
    const niqe = (metric: 'niqe' | 'niqe-source', value: number): Measurement =>
      parametersOfNiqe
        ? { metric: builtInMetrics[metric], value, missing: null }
        : { metric: builtInMetrics[metric], value: null, missing: 'no-parameters' };
    return {
      ...{ width: 2400, height: 1600 },
      measurements: [
        ...(reference === null ? [] : [{ metric: builtInMetrics['psnr-y'], value: 27.1234, missing: null }]),
        { metric: builtInMetrics['lr-consistency'], value: 31.5, missing: null },
        niqe('niqe', 4.25),
        niqe('niqe-source', 9.5),
      ],
    };
  };

  type Answers<Noun extends keyof AppCalls> = {
    [Name in keyof AppCalls[Noun]]?: AppCalls[Noun][Name] extends (...given: infer Given) => unknown ? (...given: Given) => unknown : never;
  };
  const answers: { readonly [Noun in keyof AppCalls]?: Answers<Noun> } = {
    app: {
      start: () => ({
        door: 'browser',
        platform: 'linux',
        version: '0',
        updates: false,
        desktop: true,
        systemLanguage: 'en',
        settings,
        library: { revision: 1, photos: photos.length, roots: [] },
        queue: { revision: 1, activity: 'idle', currentJobId: null, counts: {}, fraction: 0, secondsLeft: null, pixelsPerSecond: 0 },
      }),
    },
    library: { view: () => ({ revision: 1, ids: photos.map((_, index) => 2 * index) }) },
    photos: {
      cards: (ids) => Promise.all(ids.map((id) => card(id / 2))),
      pyramid: async (id): Promise<Pyramid> => {
        const levels = await levelsOf(id);
        const { width = 0, height = 0 } = levels.at(-1) ?? {};
        return { width, height, tileSide, levels: levels.map((level) => ({ width: level.width, height: level.height })) };
      },
      facts: () => ({ profile: null }),
      results: () => [],
      plan: async (id) => {
        const { width = 0, height = 0 } = (await levelsOf(id)).at(-1) ?? {};
        return { width: 4 * width, height: 4 * height, estimatedSeconds: 8 };
      },
      preview: async (id, region, options) => {
        const stopped = new Promise<void>((_, reject) => {
          cancelled = () => {
            reject(new Problem('cancelled', 'Cancelled.'));
          };
        });
        await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, previewMs))]);
        return {
          photo: await previewOf(id, region, options),
          version: 'one',
          width: 4 * region.width,
          height: 4 * region.height,
          model: options.model === 'auto' ? 'sharp' : options.model,
          seconds: previewMs / 1000,
        };
      },
      cancelPreviews: () => {
        cancelled();
        return null;
      },
    },
    models: { list: () => models },
    evaluation: { measure: (_, __, reference) => evaluationOf(reference), cancel: () => null },
    metrics: {
      download: () => {
        parametersOfNiqe = true;
        return null;
      },
    },
    desktop: { choose: () => ['/somewhere/reference.png'] },
    queue: { enqueue: () => ['job'], ids: () => [], cards: () => [], jobOf: (id) => photos[(id - 1) / 2]?.job ?? null },
    settings: {
      change: (patch) => {
        settings = { ...settings, ...patch };
        return null;
      },
    },
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const [, call] = /^\/calls\/([\w.]+)$/.exec(path) ?? [];
    if (call !== undefined) {
      const parameters = JSON.parse(await textOf(request)) as readonly unknown[];
      calls.push({ name: call, parameters });
      const [noun = '', verb = ''] = call.split('.');
      const answer = (answers as Record<string, Record<string, (...all: unknown[]) => unknown> | undefined>)[noun]?.[verb];
      response.setHeader('content-type', 'application/json').end(JSON.stringify((await answer?.(...parameters)) ?? null));
      return;
    }
    const address = parsePhotoAddress(path);
    if (address?.kind === 'tile') {
      const level = (await levelsOf(address.photo))[address.level];
      if (level === undefined) throw new Error(`No level ${address.level}.`);
      response.setHeader('content-type', 'image/png').end(await tileOf(level, address.column, address.row));
    } else if (address?.kind === 'drift') {
      response.setHeader('content-type', 'image/png').end(await driftPicture.clone().toBuffer());
    } else if (address !== null) {
      const whole = (await levelsOf(address.photo)).at(-1);
      response
        .setHeader('content-type', 'image/png')
        .end(whole && (await raw(whole).resize(1024, 1024, { fit: 'inside' }).png().toBuffer()));
    } else {
      const file = files.get(path === '/' ? '/index.html' : path);
      response.statusCode = file === undefined ? 404 : 200;
      response.setHeader('content-type', types[extname(path === '/' ? '.html' : path)] ?? 'text/html').end(file);
    }
  };

  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', policy);
    respond(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(JSON.stringify(problemOf(error).toData()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    calls,
    get settings() {
      return settings;
    },
    lose: (id) => {
      lost.add(id);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Built once for all tests that one process runs. */
let page: Promise<Map<string, string | Uint8Array>> | null = null;
async function buildPage(): Promise<Map<string, string | Uint8Array>> {
  const output = (await build({
    configFile: false,
    root: fileURLToPath(new URL('.', import.meta.url)),
    plugins: [svelte({ preprocess: vitePreprocess() })],
    logLevel: 'warn',
    build: { target: 'es2023', write: false, minify: false, modulePreload: false },
  })) as Rolldown.RolldownOutput;
  return new Map(output.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]));
}

const raw = ({ width, height, pixels }: Level): Sharp => sharp(pixels, { raw: { width, height, channels: 3 } });

async function makeLevels(input: string | Buffer): Promise<Level[]> {
  const { data, info } = await sharp(input, { limitInputPixels: false }).rotate().removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const levels: Level[] = [{ width: info.width, height: info.height, pixels: data }];
  for (;;) {
    const [finer] = levels;
    if (finer === undefined || Math.max(finer.width, finer.height) <= tileSide) return levels;
    const [width, height] = [Math.ceil(finer.width / 2), Math.ceil(finer.height / 2)];
    levels.unshift({ width, height, pixels: await raw(finer).resize(width, height, { fit: 'fill' }).raw().toBuffer() });
  }
}

const tileOf = (level: Level, column: number, row: number): Promise<Buffer> => {
  const [left, top] = [column * tileSide, row * tileSide];
  const [width, height] = [Math.min(tileSide, level.width - left), Math.min(tileSide, level.height - top)];
  return raw(level).extract({ left, top, width, height }).png({ compressionLevel: 1 }).toBuffer();
};

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
