import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { languages, type Language } from '../../../shared/language.ts';
import type { Launch } from '../launch.ts';
import { conditionOf, removeFiles, writeFiles, type Condition, type OwnFile } from '../own-files.ts';
import type { Found, PlacedActions } from '../placed-actions.ts';
import { applicationEntry, iconFile } from './entries.ts';
import { fileManagers, type XdgFolders } from './file-managers.ts';
import { ThunarFile } from './thunar-file.ts';

interface LinuxMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** resources/icons/icon.png */
  readonly icon: string;
}

/** Where a file manager, or the desktop itself, has our actions. */
interface Place {
  readonly name: string;
  readonly isHere: boolean;
  readonly condition: () => Promise<Condition>;
  readonly put: (language: Language) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** The actions of Linux' file managers, in the person's own folders. */
export class LinuxActions implements PlacedActions {
  readonly #launch: Launch;
  readonly #machine: LinuxMachine;
  readonly #folders: XdgFolders;

  constructor(launch: Launch, machine: LinuxMachine) {
    this.#launch = launch;
    this.#machine = machine;
    const { env, home } = machine;
    this.#folders = {
      share: set(env.XDG_DATA_HOME) ?? join(home, '.local', 'share'),
      config: set(env.XDG_CONFIG_HOME) ?? join(home, '.config'),
    };
  }

  async found(): Promise<Found[]> {
    return Promise.all((await this.#places()).map(async ({ name, isHere, condition }) => ({ name, isHere, condition: await condition() })));
  }

  async put(language: Language): Promise<void> {
    for (const { isHere, put, remove } of await this.#places()) await (isHere ? put(language) : remove());
    await this.#index();
  }

  async remove(): Promise<void> {
    for (const place of await this.#places()) await place.remove();
    await this.#index();
  }

  async #places(): Promise<Place[]> {
    const { share, config } = this.#folders;
    const { env } = this.#machine;
    const thunar = new ThunarFile(config, folderList(env.XDG_CONFIG_DIRS, '/etc/xdg'));
    const managers = fileManagers.map(async ({ name, programs, files, ownFolders }): Promise<Place> => {
      const inLanguage = (language: Language): readonly OwnFile[] => files(this.#folders, this.#launch, language);
      const inAny = languages.map(inLanguage);
      const remove = (): Promise<void> => removeFiles(inAny.flat(), ownFolders(this.#folders));
      return {
        name,
        isHere: await this.#has(programs),
        condition: async () => best(await Promise.all(inAny.map(conditionOf))),
        put: async (language) => {
          await remove();
          await writeFiles(inLanguage(language));
        },
        remove,
      };
    });
    const thunarPlace: Place = {
      name: 'Thunar',
      isHere: await this.#has(['thunar']),
      condition: () => thunar.condition(this.#launch),
      put: (language) => thunar.put(this.#launch, language),
      remove: () => thunar.remove(),
    };
    return [...(await Promise.all(managers)), thunarPlace, await this.#openWith(share)];
  }

  /** For whatever else there is; a package has put such an entry where everybody has it. */
  async #openWith(share: string): Promise<Place> {
    const icon = await readFile(this.#machine.icon).catch(() => null);
    const own = [applicationEntry(join(share, 'applications'), this.#launch), ...(icon === null ? [] : [iconFile(share, icon)])];
    const shared = folderList(this.#machine.env.XDG_DATA_DIRS, '/usr/local/share:/usr/share');
    const entries = shared.map((folder) => join(folder, 'applications', 'onestep.desktop'));
    return {
      name: 'Open With',
      isHere: !(await some(entries, constants.R_OK)),
      condition: () => conditionOf(own),
      put: () => writeFiles(own),
      remove: () => removeFiles(own, []),
    };
  }

  #has(programs: readonly string[]): Promise<boolean> {
    const folders = folderList(this.#machine.env.PATH, '/usr/local/bin:/usr/bin:/bin');
    return some(
      folders.flatMap((folder) => programs.map((program) => join(folder, program))),
      constants.X_OK,
    );
  }

  /** Desktops look types up in an index of the entries; without the tool that writes it there is nothing that reads it. */
  async #index(): Promise<void> {
    const applications = join(this.#folders.share, 'applications');
    await promisify(execFile)('update-desktop-database', [applications]).catch(() => undefined);
  }
}

const set = (value: string | undefined): string | undefined => (value === undefined || value === '' ? undefined : value);

const folderList = (value: string | undefined, byDefault: string): string[] =>
  (set(value) ?? byDefault).split(delimiter).filter((folder) => folder !== '');

/** Whatever language it was put in. */
const best = (conditions: readonly Condition[]): Condition =>
  conditions.includes('same') ? 'same' : conditions.every((condition) => condition === 'absent') ? 'absent' : 'different';

async function some(paths: readonly string[], mode: number): Promise<boolean> {
  for (const path of paths) {
    if (
      await access(path, mode).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}
