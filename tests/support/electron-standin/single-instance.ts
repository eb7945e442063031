import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

interface Told {
  readonly argv: string[];
  readonly cwd: string;
  readonly additionalData: unknown;
}

/** One instance per folder: a lock file with the holder's process id, and an inbox that the holder watches. */
export class SingleInstance {
  readonly #lock: string;
  readonly #inbox: string;
  #watcher: FSWatcher | null = null;

  constructor(folder: string) {
    this.#lock = join(folder, 'StandinLock');
    this.#inbox = join(folder, 'StandinInbox');
  }

  get held(): boolean {
    return this.#watcher !== null;
  }

  /** @returns false where another instance holds the lock: it has been told about this start */
  request(additionalData: unknown, receive: (told: Told) => void): boolean {
    if (this.held) return true;
    mkdirSync(this.#inbox, { recursive: true });
    while (!this.#take()) {
      if (isAlive(Number(readFileSync(this.#lock, 'utf8')))) {
        this.#tell(additionalData);
        return false;
      }
      rmSync(this.#lock, { force: true });
    }
    for (const name of readdirSync(this.#inbox)) rmSync(join(this.#inbox, name), { force: true });
    this.#watcher = watch(this.#inbox, () => {
      this.#read(receive);
    });
    this.#watcher.unref();
    return true;
  }

  release(): void {
    if (!this.held) return;
    this.#watcher?.close();
    this.#watcher = null;
    rmSync(this.#lock, { force: true });
  }

  #take(): boolean {
    try {
      writeFileSync(this.#lock, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  #tell(additionalData: unknown): void {
    const name = join(this.#inbox, `${String(Date.now())}-${String(process.pid)}`);
    writeFileSync(`${name}.tmp`, JSON.stringify({ argv: process.argv, cwd: process.cwd(), additionalData }));
    renameSync(`${name}.tmp`, `${name}.json`);
  }

  #read(receive: (told: Told) => void): void {
    const names = readdirSync(this.#inbox).filter((name) => name.endsWith('.json'));
    for (const name of names.sort()) {
      const path = join(this.#inbox, name);
      if (!existsSync(path)) continue;
      const { argv, cwd, additionalData } = JSON.parse(readFileSync(path, 'utf8')) as Told;
      rmSync(path, { force: true });
      const [executable = '', ...words] = argv;
      // As Chromium reorders them: switches first, one of its own after them.
      const switches = words.filter((word) => word.startsWith('-'));
      const others = words.filter((word) => !word.startsWith('-'));
      receive({ argv: [executable, ...switches, '--allow-file-access-from-files', ...others], cwd, additionalData });
    }
  }
}

function isAlive(id: number): boolean {
  if (!(id > 0)) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
