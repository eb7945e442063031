import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Pyramid, EngineSettings, PhotoFacts, Thumbnail } from '../../shared/engine-protocol.ts';
import { driftEdge, pictureEdge, type PhotoAddress } from '../../shared/photo-addresses.ts';
import { extensionOf, photoExtensions } from '../../shared/photo-extensions.ts';
import { Problem, throwIfCancelled, type ProblemCode } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Launcher } from '../engine-process.ts';
import { DiskCache } from './disk-cache.ts';
import { NewestFirst } from './newest-first.ts';
import type { PhotoRegister } from './photo-register.ts';
import { photoVersion } from './photo-version.ts';
import { packThumbnail, unpackThumbnail } from './thumbnail-entry.ts';
import { ViewEngine } from './view-engine.ts';

export interface PixelAnswer {
  readonly type: 'image/webp' | 'image/png';
  readonly bytes: Uint8Array;
}

export interface PhotoPixelsOptions {
  readonly register: PhotoRegister;
  readonly launch: Launcher;
  readonly engine: EngineSettings;
  readonly cacheFolder: string;
  /** For thumbnails and pyramids together, in MiB. */
  readonly cacheMegabytes: () => number;
  readonly onPyramidProgress: (id: number, fraction: number) => void;
  /** The upright size of a photo, whenever it was met. */
  readonly onSize: (id: number, width: number, height: number) => void;
}

/** A photo that may be seen, as it is now. */
interface SeenPhoto {
  readonly id: number;
  /** Links followed. */
  readonly path: string;
  /** Stands for the path and the file's content: the names of what is made of it begin with it. */
  readonly key: string;
}

/** Makes the keys of renditions that are made in another way differ. */
const generation = 1;
/** Of the cache; the rest is for pyramids. */
const thumbnailShare = 0.25;
/** So many pyramids may be wanted at once: photo and result, those of the neighbours, and previews. */
const pyramidsAlive = 8;
/** So many stay on disk whatever their size: those that are looked at. */
const pyramidsKept = 4;
/** An engine process has four threads for decoding; one is left for tiles. */
const thumbnailsAtOnce = Math.min(3, availableParallelism());
const tilesAtOnce = 4;
const idleSeconds = { viewer: 60, builder: 20 };

/** These say the same whenever the same file is asked for again. */
const lasting: ReadonlySet<ProblemCode> = new Set([
  'damaged-image',
  'unsupported-image',
  'not-an-image',
  'too-many-pixels',
  'engine-stopped',
]);
const failuresKept = 10_000;
/** Facts come from the header alone: they are told of any photo. */
const inspectedMegapixels = 10_000;

/**
 * Pixels for the interface. Thumbnails and pyramids are kept on disk; what is not there is made in engine processes of their
 * own: one answers at once (thumbnails, tiles), one takes its time (pyramids, HEIC, pictures), so that nobody waits for a
 * photo that somebody else opened. Both end when idle.
 */
export class PhotoPixels {
  readonly #options: PhotoPixelsOptions;
  readonly #viewer: ViewEngine;
  readonly #builder: ViewEngine;
  readonly #thumbnails: DiskCache;
  readonly #pyramids: DiskCache;
  readonly #lanes = {
    thumbnails: new NewestFirst({ parallel: thumbnailsAtOnce }),
    slow: new NewestFirst({ parallel: 1 }),
    tiles: new NewestFirst({ parallel: tilesAtOnce }),
    pyramids: new NewestFirst({ parallel: 2, alive: pyramidsAlive }),
  };
  /** Pyramids that are known to be there. */
  readonly #ready = new Map<string, Pyramid>();
  /** Thumbnails that cannot be made. */
  readonly #failures = new Map<string, Problem>();

  constructor(options: PhotoPixelsOptions) {
    const { launch, engine: settings, cacheFolder, cacheMegabytes } = options;
    const cacheBytes = (): number => cacheMegabytes() * 2 ** 20;
    this.#options = options;
    this.#viewer = new ViewEngine({ launch, settings, idleSeconds: idleSeconds.viewer });
    this.#builder = new ViewEngine({ launch, settings, idleSeconds: idleSeconds.builder });
    this.#thumbnails = new DiskCache({
      folder: join(cacheFolder, 'thumbnails'),
      ending: '.thumbnail',
      limitBytes: () => cacheBytes() * thumbnailShare,
    });
    this.#pyramids = new DiskCache({
      folder: join(cacheFolder, 'pyramids'),
      ending: '.tif',
      limitBytes: () => cacheBytes() * (1 - thumbnailShare),
      keep: pyramidsKept,
    });
  }

  /** The operating system's ids of the processes that are running: the one that answers at once, the one that takes its time. */
  get processIds(): { readonly viewer: number | null; readonly builder: number | null } {
    return { viewer: this.#viewer.processId, builder: this.#builder.processId };
  }

  /** @throws Problem; `cancelled` as soon as `signal` is aborted */
  async pixels(address: PhotoAddress, signal: AbortSignal): Promise<PixelAnswer> {
    throwIfCancelled(signal);
    const photo = await this.#seen(address.photo);
    switch (address.kind) {
      case 'thumbnail':
        return { type: 'image/webp', bytes: await this.#thumbnail(photo, address.edge, signal) };
      case 'tile':
        return { type: 'image/png', bytes: await this.#tile(photo, address, signal) };
      case 'drift': {
        const source = await this.#seen(address.source);
        const draw = (): Promise<Uint8Array> =>
          this.#builder.call((calls) => calls.evaluation.driftMap(photo.path, source.path, driftEdge));
        return { type: 'image/png', bytes: await this.#lanes.slow.run(`${photo.key}-drift-${source.key}`, signal, draw) };
      }
      case 'picture': {
        const draw = (): Promise<Uint8Array> => this.#builder.call((calls) => calls.photos.picture(photo.path, pictureEdge));
        return { type: 'image/png', bytes: await this.#lanes.slow.run(`${photo.key}-picture`, signal, draw) };
      }
    }
  }

  /** Made if it is not there yet. `cancelled` where more than {@link pyramidsAlive} others were asked for since. */
  async pyramid(id: number): Promise<Pyramid> {
    return this.#pyramid(await this.#seen(id));
  }

  async facts(id: number): Promise<PhotoFacts> {
    const path = await this.#options.register.readable(id);
    const facts = await this.#viewer.call((calls) => calls.photos.inspect(path, inspectedMegapixels));
    this.#options.onSize(id, facts.width, facts.height);
    return facts;
  }

  /** Whether a file, which somebody else has made sure may be read, carries the mark of our results. */
  async isResult(path: string): Promise<boolean> {
    return this.#viewer.call((calls) => calls.photos.isResult(path));
  }

  async close(): Promise<void> {
    for (const lane of Object.values(this.#lanes)) lane.close();
    await Promise.all([this.#viewer.close(), this.#builder.close()]);
  }

  async #seen(id: number): Promise<SeenPhoto> {
    const path = await this.#options.register.readable(id);
    const file = await stat(path).catch((error: unknown) => {
      throw new Problem('not-found', sentence('photo.gone'), { detail: path, cause: error });
    });
    const hash = createHash('sha256').update([generation, path, photoVersion(file)].join('\0'));
    return { id, path, key: hash.digest('hex').slice(0, 40) };
  }

  async #thumbnail(photo: SeenPhoto, edge: number, signal: AbortSignal): Promise<Uint8Array> {
    const name = `${photo.key}-${edge}`;
    const failure = this.#failures.get(name);
    if (failure !== undefined) throw failure;
    const kept = await this.#thumbnails.read(name);
    const thumbnail = (kept && unpackThumbnail(kept)) ?? (await this.#drawThumbnail(photo, edge, name, signal));
    this.#options.onSize(photo.id, thumbnail.width, thumbnail.height);
    return thumbnail.bytes;
  }

  /** HEIC photos are decoded in one piece that blocks their process, those of JPEG XL take as long. */
  async #drawThumbnail({ path }: SeenPhoto, edge: number, name: string, signal: AbortSignal): Promise<Thumbnail> {
    const isSlow = ['heic', 'jxl'].includes(photoExtensions[extensionOf(path)] ?? '');
    const [lane, engine] = isSlow ? [this.#lanes.slow, this.#builder] : [this.#lanes.thumbnails, this.#viewer];
    return lane.run(name, signal, async () => {
      try {
        const thumbnail = await engine.call((calls) => calls.photos.thumbnail(path, edge));
        // A cache that cannot be written to costs time, not pictures.
        await this.#thumbnails.write(name, packThumbnail(thumbnail)).catch(() => undefined);
        return thumbnail;
      } catch (error) {
        if (error instanceof Problem && lasting.has(error.code)) this.#remember(name, error);
        throw error;
      }
    });
  }

  #remember(name: string, problem: Problem): void {
    if (this.#failures.size >= failuresKept) this.#failures.clear();
    this.#failures.set(name, problem);
  }

  async #pyramid(photo: SeenPhoto): Promise<Pyramid> {
    const ready = this.#ready.get(photo.key);
    if (ready !== undefined) return ready;
    return this.#lanes.pyramids.run(photo.key, undefined, async (signal) => {
      // One that is there only has to be opened.
      const engine = (await this.#pyramids.has(photo.key)) ? this.#viewer : this.#builder;
      const pyramid = await engine.pyramid(photo.path, this.#pyramids.pathOf(photo.key), signal, (fraction) => {
        this.#options.onPyramidProgress(photo.id, fraction);
      });
      await this.#pyramids.added(photo.key).catch(() => undefined);
      this.#ready.set(photo.key, pyramid);
      this.#options.onSize(photo.id, pyramid.width, pyramid.height);
      return pyramid;
    });
  }

  async #tile(photo: SeenPhoto, place: { level: number; column: number; row: number }, signal: AbortSignal): Promise<Uint8Array> {
    const { level, column, row } = place;
    const { levels, tileSide } = await this.#pyramid(photo);
    const size = levels[level];
    if (size === undefined || column * tileSide >= size.width || row * tileSide >= size.height) {
      throw new Problem('not-found', sentence('photo.noTile'));
    }
    const cut = (): Promise<Uint8Array> =>
      this.#viewer.call((calls) => calls.photos.cutTile(this.#pyramids.pathOf(photo.key), level, column, row));
    return this.#lanes.tiles.run([photo.key, level, column, row].join('-'), signal, async () => {
      this.#pyramids.touch(photo.key);
      try {
        return await cut();
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
        // It was removed meanwhile to make room.
        this.#ready.delete(photo.key);
        await this.#pyramid(photo);
        return cut();
      }
    });
  }
}
