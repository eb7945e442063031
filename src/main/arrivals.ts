import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Options } from '../shared/options.ts';
import { targetSchema } from '../shared/target.ts';

/** What one start of the program, or the system, asks for. */
export interface Arrival {
  readonly paths: readonly string[];
  /** What they are to be enhanced with, over the person's own options, without a window; null: they are shown, to be chosen for. */
  readonly enhance: Partial<Options> | null;
}

/**
 * The arguments that are meant for us: unpackaged, the first word that is no switch is Electron's, and names the application.
 * @param argv with the program first
 */
export function ownWords(argv: readonly string[], packaged: boolean): string[] {
  const words = argv.slice(1);
  const application = words.findIndex((word) => !word.startsWith('-'));
  return packaged || application === -1 ? words : words.toSpliced(application, 1);
}

/** The word among the arguments that names the application to Electron; none in a package. */
export const applicationWords = (argv: readonly string[], packaged: boolean): string[] =>
  packaged
    ? []
    : argv
        .slice(1)
        .filter((word) => !word.startsWith('-'))
        .slice(0, 1);

/**
 * What arguments ask for: `--enhance [--scale=2] -- files`. Words before `--` that begin with `-` are Chromium's and ours;
 * everything else is a path, relative to `cwd`, or a `file://` address, as some file managers hand over. Nothing is guessed:
 * where there is a scale that is none of ours, or nothing to enhance, a person decides in the window.
 */
export function readArrival(words: readonly string[], cwd: string): Arrival {
  const { values, positionals } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    options: { enhance: { type: 'boolean' }, scale: { type: 'string' } },
  });
  const paths = positionals.filter((word) => word !== '').flatMap((word) => pathOf(word, cwd));
  const asked = values.enhance === true && paths.length > 0;
  return { paths, enhance: asked ? optionsFor(values.scale) : null };
}

/** Results lie beside the photos, where whoever asks a file manager looks for them. Null for a scale that there is not. */
function optionsFor(scale: string | boolean | undefined): Partial<Options> | null {
  if (scale === undefined) return { output: null };
  const target = targetSchema.safeParse({ kind: 'scale', scale: Number(scale) });
  return target.success ? { output: null, target: target.data } : null;
}

/** Nothing for an address that is not of this computer. */
function pathOf(word: string, cwd: string): string[] {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(word)) return [resolve(cwd, word)];
  try {
    return [fileURLToPath(word)];
  } catch {
    return [];
  }
}

interface Gathered {
  readonly enhance: Partial<Options> | null;
  readonly paths: Set<string>;
}

/** How long it must be quiet at least, and at most where the machine is busy. */
const quietMilliseconds = { least: 300, most: 20_000 };

/**
 * Gathers what arrives close together into one batch, each file once: the system starts a program once for every file of a
 * selection, and names files one by one. The slower they come (a machine that starts two hundred programs is busy), the longer the
 * quiet that ends a batch: three times the longest pause within it, and, where nobody is waiting for photos to appear, longer than
 * any of the starts has taken to arrive, for so much later may come what was started with it. Nothing is handed on before
 * {@link begin}.
 */
export class Arrivals {
  readonly #gathered = new Map<string, Gathered>();
  #deliver: ((paths: readonly string[], enhance: Arrival['enhance']) => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #last: number | null = null;
  /** Of the batch that is being gathered, in milliseconds. */
  #longest = { pause: 0, start: 0 };

  /** @param startMilliseconds from when a program was started until it could tell what it was started for */
  add({ paths, enhance }: Arrival, startMilliseconds = 0): void {
    const key = JSON.stringify(enhance);
    const group = this.#gathered.get(key) ?? { enhance, paths: new Set() };
    for (const path of paths) group.paths.add(path);
    this.#gathered.set(key, group);
    const now = performance.now();
    const pause = this.#last === null ? 0 : now - this.#last;
    this.#longest = {
      pause: Math.max(this.#longest.pause, pause),
      start: Math.max(this.#longest.start, enhance === null ? 0 : startMilliseconds),
    };
    this.#last = now;
    if (this.#deliver !== null) this.#arm();
  }

  begin(deliver: (paths: readonly string[], enhance: Arrival['enhance']) => void): void {
    this.#deliver = deliver;
    this.#arm();
  }

  #arm(): void {
    const { pause, start } = this.#longest;
    const { least, most } = quietMilliseconds;
    clearTimeout(this.#timer);
    const timer = setTimeout(
      () => {
        // Where the machine let us wait longer than we asked, what has come meanwhile is heard first.
        setImmediate(() => {
          if (this.#timer === timer) this.#handOn();
        });
      },
      Math.min(Math.max(least, 3 * pause, 1.5 * start), most),
    );
    this.#timer = timer;
  }

  #handOn(): void {
    const groups = [...this.#gathered.values()];
    this.#gathered.clear();
    this.#last = null;
    this.#longest = { pause: 0, start: 0 };
    for (const { paths, enhance } of groups) if (paths.size > 0) this.#deliver?.([...paths], enhance);
  }
}
