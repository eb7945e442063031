import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What lies in the folder: bytes by name; the latest used is the last. */
interface Held {
  readonly files: Map<string, number>;
  bytes: number;
}

/** The time of use is written down no more often than this. */
const touchMilliseconds = 60_000;
/** An unfinished file that is older belongs to nobody any more. */
const abandonedMilliseconds = 3_600_000;
/** Room is made for a while at once. */
const shrinkTo = 0.9;

/**
 * Files that can be made again, in one folder of at most `limitBytes`: what was not used for longest is removed first, but
 * never the `keep` latest, however large. When a file was used is its time of modification, so that it survives restarts.
 */
export class DiskCache {
  readonly #folder: string;
  readonly #ending: string;
  readonly #limitBytes: () => number;
  readonly #keep: number;
  /** Looked up when there is first something to add. */
  #held: Promise<Held> | null = null;
  readonly #touched = new Map<string, number>();

  constructor(options: { folder: string; ending: string; limitBytes: () => number; keep?: number }) {
    this.#folder = options.folder;
    this.#ending = options.ending;
    this.#limitBytes = options.limitBytes;
    this.#keep = options.keep ?? 0;
  }

  pathOf(name: string): string {
    return join(this.#folder, name + this.#ending);
  }

  async has(name: string): Promise<boolean> {
    return (await stat(this.pathOf(name)).catch(() => null)) !== null;
  }

  /** Null where there is none. */
  async read(name: string): Promise<Buffer | null> {
    const bytes = await readFile(this.pathOf(name)).catch(() => null);
    if (bytes !== null) this.touch(name);
    return bytes;
  }

  /** Either the whole file is there afterwards, or what was there before. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.pathOf(name);
    const unfinished = `${path}.${randomUUID()}.tmp`;
    await mkdir(this.#folder, { recursive: true });
    try {
      await writeFile(unfinished, bytes);
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
    await this.added(name);
  }

  /** A file was put at {@link pathOf}: counts it, and removes others if there is no room. */
  async added(name: string): Promise<void> {
    const { size } = await stat(this.pathOf(name));
    const held = await (this.#held ??= this.#listed());
    held.bytes += size - (held.files.get(name) ?? 0);
    held.files.delete(name);
    held.files.set(name, size);
    await this.#makeRoom(held);
  }

  /** Says that a file was used. */
  touch(name: string): void {
    void this.#held?.then(({ files }) => {
      const bytes = files.get(name);
      if (bytes === undefined) return;
      files.delete(name);
      files.set(name, bytes);
    });
    const now = Date.now();
    if (now - (this.#touched.get(name) ?? 0) < touchMilliseconds) return;
    this.#touched.set(name, now);
    utimes(this.pathOf(name), new Date(now), new Date(now)).catch(() => undefined);
  }

  async #listed(): Promise<Held> {
    const found: { name: string; bytes: number; used: number }[] = [];
    for (const file of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, file);
      const known = await stat(path).catch(() => null);
      if (known === null) continue;
      if (file.endsWith(this.#ending)) found.push({ name: file.slice(0, -this.#ending.length), bytes: known.size, used: known.mtimeMs });
      else if (Date.now() - known.mtimeMs > abandonedMilliseconds) await rm(path, { force: true }).catch(() => undefined);
    }
    found.sort((a, b) => a.used - b.used);
    return { files: new Map(found.map(({ name, bytes }) => [name, bytes])), bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async #makeRoom(held: Held): Promise<void> {
    const limit = this.#limitBytes();
    if (held.bytes <= limit) return;
    for (const [name, bytes] of held.files) {
      if (held.bytes <= limit * shrinkTo || held.files.size <= this.#keep) return;
      held.files.delete(name);
      held.bytes -= bytes;
      this.#touched.delete(name);
      // One that is in use (Windows) stays on the disk and is found at the next start.
      await rm(this.pathOf(name), { force: true }).catch(() => undefined);
    }
  }
}
