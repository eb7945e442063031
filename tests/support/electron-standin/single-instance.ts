import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

interface Told {
  readonly argv: string[];
  readonly cwd: string;
  readonly additionalData: unknown;
}

/** `kMaxMessageLength` of Chromium's process_singleton_posix.cc, which Electron's messages go through. */
const messageBytesLimit = 32 * 1024;

/**
 * One instance per folder: a lock file with the holder's process id, and an inbox of the holder's own, which it watches. As in
 * Electron no start is lost, however many there are at once: those that come before the holder listens wait.
 */
export class SingleInstance {
  readonly #folder: string;
  readonly #lock: string;
  #watcher: FSWatcher | null = null;

  constructor(folder: string) {
    this.#folder = folder;
    this.#lock = join(folder, 'StandinLock');
  }

  get held(): boolean {
    return this.#watcher !== null;
  }

  /** @returns false where another instance holds the lock: it has been told about this start */
  request(additionalData: unknown, receive: (told: Told) => void): boolean {
    if (this.held) return true;
    const inbox = this.#inboxOf(process.pid);
    mkdirSync(inbox, { recursive: true });
    while (!this.#take()) {
      const holder = this.#holder();
      if (!isAlive(holder)) rmSync(this.#lock, { force: true });
      else if (this.#tell(holder, additionalData)) {
        rmSync(inbox, { recursive: true });
        return false;
      }
    }
    this.#watcher = watch(inbox, () => this.#read(inbox, receive));
    this.#watcher.unref();
    this.#read(inbox, receive);
    return true;
  }

  release(): void {
    if (!this.held) return;
    this.#watcher?.close();
    this.#watcher = null;
    rmSync(this.#lock, { force: true });
    rmSync(this.#inboxOf(process.pid), { recursive: true, force: true });
  }

  #inboxOf(processId: number): string {
    return join(this.#folder, 'StandinInbox', String(processId));
  }

  /** 0 where the lock has just gone. */
  #holder(): number {
    try {
      return Number(readFileSync(this.#lock, 'utf8'));
    } catch {
      return 0;
    }
  }

  /** The lock has its content from the start: nobody takes it for a dead process's. */
  #take(): boolean {
    const own = `${this.#lock}.${process.pid}`;
    writeFileSync(own, String(process.pid));
    try {
      linkSync(own, this.#lock);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(own);
    }
  }

  /** @returns false where the holder has gone meanwhile */
  #tell(holder: number, additionalData: unknown): boolean {
    const message = JSON.stringify({ argv: process.argv, cwd: process.cwd(), additionalData });
    if (Buffer.byteLength(message) > messageBytesLimit) {
      console.error('[stand-in] a start that is too long for Chromium to pass on is lost');
      return true;
    }
    const name = join(this.#inboxOf(holder), `${Date.now()}-${process.pid}`);
    try {
      writeFileSync(`${name}.tmp`, message);
      renameSync(`${name}.tmp`, `${name}.json`);
      return true;
    } catch {
      return false;
    }
  }

  #read(inbox: string, receive: (told: Told) => void): void {
    const names = readdirSync(inbox).filter((name) => name.endsWith('.json'));
    for (const name of names.sort()) {
      const path = join(inbox, name);
      const { argv, cwd, additionalData } = JSON.parse(readFileSync(path, 'utf8')) as Told;
      rmSync(path);
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
