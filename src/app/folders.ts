import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this computer's user keeps what belongs to the application. */
export interface Folders {
  /** Things that can be measured or downloaded again. */
  readonly cache: string;
  /** Models that the user installed. */
  readonly models: string;
  /** Uncompressed intermediate results: on disk, because `/tmp` is often memory and a result may be larger than that. */
  readonly temporary: string;
}

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

const thisMachine = (): Machine => ({ platform: process.platform, env: process.env, home: homedir() });

/**
 * The platform's own conventions: XDG base directories on Linux, `~/Library` on macOS, `%LOCALAPPDATA%` on Windows.
 * `ONESTEP_CACHE` and `ONESTEP_TEMPORARY` override the first and the last.
 */
export function userFolders({ platform, env, home }: Machine = thisMachine()): Folders {
  const { cache, share } = roots(platform, env, home);
  const own = set(env.ONESTEP_CACHE) ?? cache;
  return { cache: own, models: join(share, 'models'), temporary: set(env.ONESTEP_TEMPORARY) ?? join(own, 'temporary') };
}

/**
 * Folders that hold models, first one wins: the shipped ones (relative to the package), then the user's.
 * `ONESTEP_MODELS` replaces both.
 */
export function modelFolders(packageFolder: string, machine: Machine = thisMachine()): string[] {
  const chosen = set(machine.env.ONESTEP_MODELS);
  return chosen === undefined ? [join(packageFolder, 'models'), userFolders(machine).models] : [chosen];
}

function roots(platform: NodeJS.Platform, env: Machine['env'], home: string): { cache: string; share: string } {
  if (platform === 'win32') {
    const local = set(env.LOCALAPPDATA) ?? join(home, 'AppData', 'Local');
    return { cache: join(local, 'Onestep', 'Cache'), share: join(local, 'Onestep') };
  }
  if (platform === 'darwin') {
    return { cache: join(home, 'Library', 'Caches', 'Onestep'), share: join(home, 'Library', 'Application Support', 'Onestep') };
  }
  return {
    cache: join(set(env.XDG_CACHE_HOME) ?? join(home, '.cache'), 'onestep'),
    share: join(set(env.XDG_DATA_HOME) ?? join(home, '.local', 'share'), 'onestep'),
  };
}

const set = (value: string | undefined): string | undefined => (value === undefined || value === '' ? undefined : value);
