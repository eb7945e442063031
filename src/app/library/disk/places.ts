import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';

export interface FolderPlace {
  readonly name: string;
  readonly path: string;
}

/** Where a person's photos usually are, as far as these folders exist: Pictures, the other usual folders, home, and drives. */
export async function placesOf(platform: NodeJS.Platform, home = homedir()): Promise<FolderPlace[]> {
  const usual = ['Pictures', 'Desktop', 'Downloads', 'Documents'].map((name) => join(home, name));
  const own = [await picturesFolder(platform, home), ...usual, home].map((path) => ({ name: basename(path), path }));
  const places = [...own, ...(await drives(platform))].filter(
    ({ path }, index, all) => all.findIndex((other) => other.path === path) === index,
  );
  const there = await Promise.all(places.map(async ({ path }) => isFolder(path)));
  return places.filter((_, index) => there[index]);
}

/** The person's own folder for pictures, whether it exists or not; on Linux it may have another name and place. */
export async function picturesFolder(platform: NodeJS.Platform, home = homedir()): Promise<string> {
  const byDefault = join(home, 'Pictures');
  if (platform !== 'linux') return byDefault;
  const config = (home === homedir() ? process.env.XDG_CONFIG_HOME : undefined) ?? join(home, '.config');
  const text = await readFile(join(config, 'user-dirs.dirs'), 'utf8').catch(() => '');
  // Written by xdg-user-dirs: XDG_PICTURES_DIR="$HOME/Bilder", or an absolute path.
  const [, relative, absolute] = /^XDG_PICTURES_DIR="(?:\$HOME\/([^"]*)|(\/[^"]*))"/m.exec(text) ?? [];
  if (relative !== undefined && relative !== '') return join(home, relative);
  return absolute ?? byDefault;
}

/** Disks, cards and sticks. */
export async function drives(platform: NodeJS.Platform, user = basename(homedir())): Promise<FolderPlace[]> {
  if (platform === 'win32') {
    const letters = Array.from({ length: 26 }, (_, index) => `${String.fromCharCode(65 + index)}:`);
    return letters.map((letter) => ({ name: letter, path: `${letter}\\` }));
  }
  const holders = platform === 'darwin' ? ['/Volumes'] : [`/media/${user}`, `/run/media/${user}`, '/mnt'];
  const found = await Promise.all(
    holders.map(async (holder) => (await readdir(holder).catch(() => [])).map((name) => ({ name, path: join(holder, name) }))),
  );
  return found.flat().filter(({ name }) => !name.startsWith('.'));
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (file) => file.isDirectory(),
    () => false,
  );
