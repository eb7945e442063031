import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { syncFolder } from '../../system/disk.ts';
import { Turns } from '../turns.ts';

/** What a journal holds and how one line of it is read. */
export interface JournalKind<Line> {
  /** Stands in the first line, so that no file is taken for another. */
  readonly name: string;
  /** A journal of a later version is refused: it may say things that this program would lose. */
  readonly version: number;
  readonly schema: z.ZodType<Line>;
}

/** So many lines are read or written before other work gets its turn. */
const linesAtOnce = 2000;

const headingSchema = z.object({ journal: z.string(), version: z.number() });

/**
 * A file of lines that are only ever added: one JSON value each, on the disk before {@link append} resolves. Whatever kills the
 * program leaves at worst one torn line, which the next reader passes over. Lines appended at the same time share one sync.
 */
export class Journal<Line> {
  readonly #path: string;
  readonly #kind: JournalKind<Line>;
  #file: FileHandle;
  #lines: number;
  /** The file does not end with a whole line. */
  #torn: boolean;
  /** Lines that will be written together. */
  #next: { readonly lines: Line[]; readonly written: Promise<void> } | null = null;
  readonly #turns = new Turns();

  private constructor(path: string, kind: JournalKind<Line>, file: FileHandle, lines: number, torn: boolean) {
    this.#path = path;
    this.#kind = kind;
    this.#file = file;
    this.#lines = lines;
    this.#torn = torn;
  }

  /**
   * Opens or creates the journal at `path`, whose folder exists, and tells what stands in it. A file that is no journal is put
   * aside as `….damaged`.
   * @throws Problem newer-version, not-writable
   */
  static async open<Line>(path: string, kind: JournalKind<Line>): Promise<{ journal: Journal<Line>; lines: Line[] }> {
    const found = await readLines(path, kind);
    if (found === 'damaged') await rename(path, `${path}.damaged`);
    const { lines, torn } = found === 'damaged' || found === null ? { lines: [], torn: false } : found;
    const file = await open(path, 'a').catch((error: unknown) => {
      throw notWritten(path, error);
    });
    const journal = new Journal(path, kind, file, lines.length, torn);
    if (found === null || found === 'damaged') await journal.rewrite([]);
    return { journal, lines };
  }

  /** Lines in the file, those that are being written included. */
  get lines(): number {
    return this.#lines;
  }

  /**
   * Resolves when the lines are on the disk, in the order of the calls.
   * @throws Problem not-enough-disk, not-writable; what was half written then is passed over by readers
   */
  append(lines: readonly Line[]): Promise<void> {
    this.#next ??= this.#begin([]);
    for (const line of lines) this.#next.lines.push(line);
    this.#lines += lines.length;
    return this.#next.written;
  }

  #begin(lines: Line[]): { lines: Line[]; written: Promise<void> } {
    const written = this.#turns.take(async () => {
      if (this.#next?.lines === lines) this.#next = null;
      try {
        if (this.#torn) await this.#file.write('\n');
        this.#torn = true;
        await write(this.#file, lines);
        this.#torn = false;
        await this.#file.datasync();
      } catch (error) {
        throw notWritten(this.#path, error);
      }
    });
    return { lines, written };
  }

  /** Replaces everything by these lines in one step. Lines appended meanwhile follow them. */
  rewrite(lines: readonly Line[]): Promise<void> {
    this.#lines = lines.length;
    // What is appended from now on must not get into the old file.
    this.#next = null;
    const temporary = `${this.#path}.new`;
    return this.#turns.take(async () => {
      try {
        await this.#writeNew(temporary, lines);
        // Windows renames no open files; elsewhere the handle would go on writing to the old file.
        await this.#file.close();
        try {
          await rename(temporary, this.#path);
          this.#torn = false;
        } finally {
          this.#file = await open(this.#path, 'a');
        }
        // The rename itself must survive a power cut.
        await syncFolder(dirname(this.#path));
      } catch (error) {
        await rm(temporary, { force: true });
        throw notWritten(this.#path, error);
      }
    });
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#turns.over();
    await this.#file.close();
  }

  async #writeNew(path: string, lines: readonly Line[]): Promise<void> {
    const file = await open(path, 'w');
    try {
      await file.writeFile(`${JSON.stringify({ journal: this.#kind.name, version: this.#kind.version })}\n`);
      await write(file, lines);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

async function write(file: FileHandle, lines: readonly unknown[]): Promise<void> {
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    const text = lines.slice(at, at + linesAtOnce).map((line) => `${JSON.stringify(line)}\n`);
    await file.writeFile(text.join(''));
    if (at + linesAtOnce < lines.length) await setImmediate();
  }
}

async function readLines<Line>(path: string, kind: JournalKind<Line>): Promise<{ lines: Line[]; torn: boolean } | 'damaged' | null> {
  const content = await readFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw notWritten(path, error);
  });
  if (content === null) return null;
  const [first = '', ...texts] = content.toString('utf8').split('\n');
  // Died while it was created.
  if (texts.length === 0) return null;
  const heading = headingSchema.safeParse(parsed(first));
  if (!heading.success || heading.data.journal !== kind.name) return 'damaged';
  if (heading.data.version > kind.version) {
    throw new Problem('newer-version', sentence('journal.newer'), { detail: path });
  }
  const lines: Line[] = [];
  for (const [index, text] of texts.entries()) {
    if (index % linesAtOnce === linesAtOnce - 1) await setImmediate();
    const line = text === '' ? null : kind.schema.safeParse(parsed(text));
    if (line?.success === true) lines.push(line.data);
  }
  return { lines, torn: texts.at(-1) !== '' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notWritten(path: string, error: unknown): Problem {
  const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
  return full
    ? new Problem('not-enough-disk', sentence('journal.diskFull'), { detail: path, cause: error })
    : new Problem('not-writable', sentence('journal.notWritten', { name: basename(path) }), {
        detail: `${path}\n${messageOf(error)}`,
        advice: sentence('journal.notWritten.advice'),
        cause: error,
      });
}
