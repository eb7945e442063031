import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';

/** What one start of the program, or the system, asks to be opened. */
export interface Arrival {
  readonly paths: readonly string[];
  /** Enhance at once, as the file manager's *Enhance with Onestep* asks. */
  readonly enhance: boolean;
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

/**
 * What arguments name. Words that begin with `-` are Chromium's and ours; everything else is a path, relative to `cwd`, or a
 * `file://` address, as some file managers hand over.
 */
export function readArrival(words: readonly string[], cwd: string): Arrival {
  const named = words.filter((word) => word !== '' && !word.startsWith('-'));
  return { paths: named.flatMap((word) => pathOf(word, cwd)), enhance: words.includes('--enhance') };
}

function pathOf(word: string, cwd: string): string[] {
  if (!word.startsWith('file:')) return [resolve(cwd, word)];
  try {
    return [fileURLToPath(word)];
  } catch {
    return [];
  }
}

/**
 * Gathers what arrives in a short time into one: the system starts a program once for every file of a selection, and names
 * files one by one. Nothing is handed on before {@link begin}.
 */
export class Arrivals {
  readonly #waitMilliseconds: number;
  readonly #gathered = { show: new Set<string>(), enhance: new Set<string>() };
  #deliver: ((paths: readonly string[], then: 'show' | 'enhance') => void) | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(waitMilliseconds = 300) {
    this.#waitMilliseconds = waitMilliseconds;
  }

  add({ paths, enhance }: Arrival): void {
    for (const path of paths) this.#gathered[enhance ? 'enhance' : 'show'].add(path);
    if (this.#deliver !== null) this.#arm();
  }

  begin(deliver: (paths: readonly string[], then: 'show' | 'enhance') => void): void {
    this.#deliver = deliver;
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const then of ['show', 'enhance'] as const) {
        const paths = [...this.#gathered[then]];
        this.#gathered[then].clear();
        if (paths.length > 0) this.#deliver?.(paths, then);
      }
    }, this.#waitMilliseconds);
  }
}
