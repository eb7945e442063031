import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { sentence, type Sentence } from '../shared/sentence.ts';

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

/** The folders that something is written to while photos are looked at and enhanced. */
const written = ['cache', 'temporary', 'state', 'settings'] as const;

/**
 * The same folders, each made; one that cannot be made or written to (no home, a full or read-only disk) is replaced by one among the
 * system's temporary files, so that photos can be enhanced all the same. Models stay where they are: those are only read.
 * @returns besides, what to tell of each that is replaced
 */
export function usableFolders(wanted: Folders, names: readonly (keyof Folders)[] = written): { folders: Folders; told: Sentence[] } {
  const told: Sentence[] = [];
  const folders = { ...wanted };
  for (const name of names) {
    const folder = wanted[name];
    // Where the cache has been replaced, what lies in it has been too.
    const below = name !== 'cache' && folders.cache !== wanted.cache && dirname(folder) === wanted.cache;
    if (isUsable(below ? join(folders.cache, name) : folder)) {
      if (below) folders[name] = join(folders.cache, name);
      continue;
    }
    folders[name] = join(ownTemporaryFolder(), name);
    make(folders[name]);
    told.push(sentence('disk.ownFolder.elsewhere', { folder, instead: folders[name] }));
  }
  return { folders, told };
}

function isUsable(folder: string): boolean {
  try {
    make(folder);
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** With the folders above it. Node's own way (`recursive`) never returns for what lies below `/proc`. */
function make(folder: string): void {
  if (existsSync(folder) || dirname(folder) === folder) return;
  make(dirname(folder));
  mkdirSync(folder);
}

/** This user's own folder among temporary files, found again by the next process; another one where somebody else has taken its name. */
function ownTemporaryFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `onestep-${uid}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  } catch {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    const isOwn = found?.isDirectory() === true && (process.platform === 'win32' || (found.uid === uid && (found.mode & 0o077) === 0));
    return isOwn ? folder : mkdtempSync(join(tmpdir(), 'onestep-'));
  }
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
