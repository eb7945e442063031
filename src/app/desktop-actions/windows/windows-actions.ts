import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Language } from '../../../shared/language.ts';
import type { Launch } from '../launch.ts';
import type { Condition } from '../own-files.ts';
import type { Found, PlacedActions } from '../placed-actions.ts';
import { menuLabel } from '../verbs.ts';
import { parseRegFile, regFile, type RegistryContent } from './reg-file.ts';
import { menuKey, menuOwners, registryKeys, submenuKey } from './registry.ts';

interface WindowsMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes a shortcut that starts the application with these words. */
  readonly createShortcut: (path: string, words: readonly string[]) => void;
}

/** Explorer's actions, in the registry of the person alone; the installer writes the same (resources/windows/desktop-actions.nsh). */
export class WindowsActions implements PlacedActions {
  readonly #launch: Launch;
  readonly #machine: WindowsMachine;

  constructor(launch: Launch, machine: WindowsMachine) {
    this.#launch = launch;
    this.#machine = machine;
  }

  async found(): Promise<Found[]> {
    const condition = conditionIn(await this.#exported(), this.#launch);
    // Where the registry is as it should be but for the shortcut, that is missing.
    const whole = condition !== 'same' || (await stat(this.#shortcut).catch(() => null)) !== null;
    return [{ name: 'Explorer', isHere: true, condition: whole ? condition : 'different' }];
  }

  async put(language: Language): Promise<void> {
    await this.#import(regFile(registryKeys(this.#launch), ourKeys, language));
    // What names every file of a selection in one start, where the menu stops at a hundred.
    this.#machine.createShortcut(this.#shortcut, ['--enhance', '--']);
  }

  async remove(): Promise<void> {
    await this.#import(regFile([], ourKeys, 'en'));
    await rm(this.#shortcut, { force: true });
  }

  get #shortcut(): string {
    return join(this.#machine.env.APPDATA ?? '', 'Microsoft', 'Windows', 'SendTo', `${menuLabel.en}.lnk`);
  }

  async #reg(words: readonly string[]): Promise<void> {
    await promisify(execFile)(join(this.#machine.env.SystemRoot ?? String.raw`C:\Windows`, 'System32', 'reg.exe'), words, {
      windowsHide: true,
    });
  }

  async #import(file: Buffer): Promise<void> {
    await inFolder(async (folder) => {
      const path = join(folder, 'actions.reg');
      await writeFile(path, file);
      await this.#reg(['import', path]);
    });
  }

  async #exported(): Promise<RegistryContent> {
    return inFolder(async (folder) => {
      const trees = [String.raw`Software\Classes\SystemFileAssociations`, String.raw`Software\Classes\Directory`, submenuKey];
      const contents = await Promise.all(
        trees.map(async (tree, index) => {
          const path = join(folder, `${index}.reg`);
          // There may be no such key.
          await this.#reg(['export', `HKCU\\${tree}`, path, '/y']).catch(() => undefined);
          return parseRegFile(await readFile(path).catch(() => Buffer.alloc(0)));
        }),
      );
      return new Map(contents.flatMap((content) => [...content]));
    });
  }
}

/** What is removed before ours is written; every one of these is ours alone. */
const ourKeys = [...menuOwners.map(menuKey), submenuKey];

/** Whether the registry has our keys as they should be; in which language, does not matter. */
export function conditionIn(content: RegistryContent, launch: Launch): Condition {
  const ours = ourKeys.map((path) => path.toLowerCase());
  if (!ours.some((path) => content.has(path))) return 'absent';
  const asWanted = registryKeys(launch).every(({ path, values }) => {
    const found = content.get(path.toLowerCase());
    return Object.entries(values).every(([name, value]) => {
      const there = found?.get(name.toLowerCase());
      return typeof value === 'string' ? there === value : there !== undefined;
    });
  });
  return asWanted ? 'same' : 'different';
}

async function inFolder<Answer>(task: (folder: string) => Promise<Answer>): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-registry-'));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
