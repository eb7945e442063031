import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { isAlive, ownMark } from '../../system/processes.ts';

/** A lock that was not touched for so many beats while somebody looked on is nobody's, whoever has its process number now. */
const patienceBeats = 5;

/** Tokens of the locks that this process holds. */
const held = new Set<string>();

/** `machine`: what tells the computer, or the container; earlier versions only wrote its name. */
const ownerSchema = z.object({ token: z.string(), host: z.string(), machine: z.string().optional(), processId: z.int() });
type Owner = z.infer<typeof ownerSchema>;

interface FileLockOptions {
  /** The file is somebody else's now: this process must have stood still for seconds. */
  readonly onLost: () => void;
  /** The holder touches its lock so often. */
  readonly beatMilliseconds?: number;
}

/**
 * A file that one application at a time holds. Left behind by a dead process it is taken over: at once where the process is
 * known to be gone, else after watching it for some seconds (the number may belong to another process after a restart).
 */
export class FileLock {
  readonly #path: string;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, token: string, { onLost, beatMilliseconds }: Required<FileLockOptions>) {
    this.#path = path;
    this.#token = token;
    held.add(token);
    this.#timer = setInterval(() => {
      void this.#beat(onLost);
    }, beatMilliseconds);
    this.#timer.unref();
  }

  /**
   * @throws Problem already-running where another application holds it, not-writable
   */
  static async take(path: string, { onLost, beatMilliseconds = 2000 }: FileLockOptions): Promise<FileLock> {
    const owner: Owner = { token: randomUUID(), host: hostname(), machine: ownMark(), processId: process.pid };
    const own = `${path}.${owner.token}`;
    try {
      await writeFile(own, JSON.stringify(owner));
      if (!(await linked(own, path))) {
        if (!(await isAbandoned(path, patienceBeats * beatMilliseconds)))
          throw new Problem('already-running', sentence('problem.already-running'), { detail: path });
        await rename(own, path);
        // Somebody else may have come to the same conclusion: the last one has it.
        await wait(50);
        if ((await readOwner(path))?.token !== owner.token)
          throw new Problem('already-running', sentence('problem.already-running'), { detail: path });
      }
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem('not-writable', sentence('journal.folder'), { detail: String(error), cause: error });
    } finally {
      await rm(own, { force: true });
    }
    return new FileLock(path, owner.token, { onLost, beatMilliseconds });
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    held.delete(this.#token);
    if ((await readOwner(this.#path))?.token === this.#token) await rm(this.#path, { force: true });
  }

  async #beat(onLost: () => void): Promise<void> {
    const owner = await readOwner(this.#path);
    if (owner?.token === this.#token) {
      const now = new Date();
      await utimes(this.#path, now, now).catch(() => undefined);
    } else if (owner !== null) {
      clearInterval(this.#timer);
      onLost();
    }
  }
}

/** Gives the file a second name unless it is taken: one atomic step, with the content in it from the start. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    // File systems without hard links refuse in many ways. What was linked although the answer got lost is found to be ours.
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? false : created(from, to);
  }
}

async function created(from: string, to: string): Promise<boolean> {
  try {
    await writeFile(to, await readFile(from), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string, patienceMilliseconds: number): Promise<boolean> {
  const owner = await readOwner(path);
  if (owner !== null && isOfThisComputer(owner) && !isOwnedBySomeone(owner)) return true;
  const before = await touched(path);
  const end = performance.now() + patienceMilliseconds;
  while (performance.now() < end) {
    await wait(100);
    const now = await touched(path);
    if (now !== before) return now === null;
  }
  return true;
}

const isOfThisComputer = ({ host, machine }: Owner): boolean => (machine === undefined ? host === hostname() : machine === ownMark());

/** Our own number on a lock that we do not hold was another process's before this computer, or container, was started again. */
const isOwnedBySomeone = ({ processId, token }: Owner): boolean => (processId === process.pid ? held.has(token) : isAlive(processId));

/** Null for a file that is missing or torn. */
async function readOwner(path: string): Promise<Owner | null> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

const touched = async (path: string): Promise<number | null> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
