import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where this computer's user keeps what belongs to the application. */
export interface Folders {
  /** Things that can be measured or downloaded again. */
  readonly cache: string;
  /** Models that the user installed. */
  readonly models: string;
  /** Uncompressed intermediate results: on disk, because `/tmp` is often memory and a result may be larger than that. */
  readonly temporary: string;
  /** What must survive: the queue's journal, the lock of the running application, where the window was. */
  readonly state: string;
  /** The settings' file of doors that have no place of their own for it. */
  readonly settings: string;
}

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

const thisMachine = (): Machine => ({ platform: process.platform, env: process.env, home: homedir() });

/**
 * The platform's own conventions: XDG base directories on Linux, `~/Library` on macOS, `%LOCALAPPDATA%` on Windows.
 * `ONESTEP_CACHE`, `ONESTEP_TEMPORARY`, `ONESTEP_STATE` and `ONESTEP_SETTINGS` override what they name.
 */
export function userFolders({ platform, env, home }: Machine = thisMachine()): Folders {
  const { cache, share, state, settings } = roots(platform, env, home);
  const own = set(env.ONESTEP_CACHE) ?? cache;
  return {
    cache: own,
    models: join(share, 'models'),
    temporary: set(env.ONESTEP_TEMPORARY) ?? join(own, 'temporary'),
    state: set(env.ONESTEP_STATE) ?? state,
    settings: set(env.ONESTEP_SETTINGS) ?? settings,
  };
}

/** What can be downloaded; `ONESTEP_CATALOGUE` names another file. */
export const catalogueFile = (packageFolder: string, { env }: Pick<Machine, 'env'> = process): string =>
  set(env.ONESTEP_CATALOGUE) ?? join(packageFolder, 'models', 'catalogue.json');

/** Where unfinished downloads lie. */
export const downloadsFolder = ({ cache }: Pick<Folders, 'cache'>): string => join(cache, 'downloads');

/**
 * Folders that hold models, first one wins: the shipped ones (relative to the package), then the user's.
 * `ONESTEP_MODELS` replaces both.
 */
export function modelFolders(packageFolder: string, machine: Machine = thisMachine()): string[] {
  const chosen = set(machine.env.ONESTEP_MODELS);
  return chosen === undefined ? [join(packageFolder, 'models'), userFolders(machine).models] : [chosen];
}

/**
 * Where NIQE's parameters and learned metrics lie, beside the user's models; `ONESTEP_METRICS` names another folder.
 */
export const metricsFolder = (folders: Pick<Folders, 'models'>, { env }: Pick<Machine, 'env'> = process): string =>
  set(env.ONESTEP_METRICS) ?? join(dirname(folders.models), 'metrics');

function roots(platform: NodeJS.Platform, env: Machine['env'], home: string): Record<'cache' | 'share' | 'state' | 'settings', string> {
  if (platform === 'win32') {
    const share = join(set(env.LOCALAPPDATA) ?? join(home, 'AppData', 'Local'), 'Onestep');
    return { cache: join(share, 'Cache'), share, state: join(share, 'State'), settings: share };
  }
  if (platform === 'darwin') {
    const share = join(home, 'Library', 'Application Support', 'Onestep');
    return { cache: join(home, 'Library', 'Caches', 'Onestep'), share, state: join(share, 'State'), settings: share };
  }
  return {
    cache: join(set(env.XDG_CACHE_HOME) ?? join(home, '.cache'), 'onestep'),
    share: join(set(env.XDG_DATA_HOME) ?? join(home, '.local', 'share'), 'onestep'),
    state: join(set(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), 'onestep'),
    settings: join(set(env.XDG_CONFIG_HOME) ?? join(home, '.config'), 'onestep'),
  };
}

const set = (value: string | undefined): string | undefined => (value === undefined || value === '' ? undefined : value);
