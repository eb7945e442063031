import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Language } from '../../shared/language.ts';
import type { DesktopActionsState } from '../../shared/contract.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Launch } from './launch.ts';
import { LinuxActions } from './linux/linux-actions.ts';
import { MacActions } from './mac/mac-actions.ts';
import type { PlacedActions } from './placed-actions.ts';
import { WindowsActions } from './windows/windows-actions.ts';

/** A door that programs of the desktop can start. */
export interface StartableDoor {
  readonly launch: Launch;
  /** Writes a shortcut, as Windows has them, that starts the door with these words. */
  createShortcut(path: string, words: readonly string[]): void;
}

interface DesktopActionsOptions {
  /** Null for a door that nothing can start. */
  readonly startable: StartableDoor | null;
  readonly platform: NodeJS.Platform;
  /** Holds `resources/icons`. */
  readonly packageFolder: string;
  readonly language: () => Language;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
}

/** *Enhance with Onestep* in this person's file managers. What there is, the disk says, not a setting: others may change it. */
export class DesktopActions {
  readonly #placed: PlacedActions | null;
  readonly #language: () => Language;

  constructor(options: DesktopActionsOptions) {
    this.#placed = placedActions(options);
    this.#language = options.language;
  }

  async state(): Promise<DesktopActionsState> {
    if (this.#placed === null) return { state: 'impossible', places: [] };
    const found = await this.#placed.found();
    const present = found.filter(({ condition }) => condition !== 'absent');
    const amiss = found.some(({ isHere, condition }) => condition !== (isHere ? 'same' : 'absent'));
    return { state: present.length === 0 ? 'off' : amiss ? 'amiss' : 'on', places: present.map(({ name }) => name) };
  }

  /**
   * Puts the actions where they are not, or not as they should be; or removes them.
   * @throws Problem not-writable
   */
  async set(wanted: boolean): Promise<DesktopActionsState> {
    try {
      await (wanted ? this.#placed?.put(this.#language()) : this.#placed?.remove());
    } catch (error) {
      if (error instanceof Problem) throw error;
      const message = sentence('desktopActions.failed');
      throw new Problem('not-writable', message, {
        detail: String(error),
        advice: sentence('desktopActions.failed.advice'),
        cause: error,
      });
    }
    return this.state();
  }
}

function placedActions({
  startable,
  platform,
  packageFolder,
  env = process.env,
  home = homedir(),
}: DesktopActionsOptions): PlacedActions | null {
  if (startable === null) return null;
  const { launch } = startable;
  if (platform === 'win32') {
    return new WindowsActions(launch, {
      env,
      createShortcut: (path, words) => {
        startable.createShortcut(path, words);
      },
    });
  }
  if (platform === 'darwin') return new MacActions(launch, home);
  return new LinuxActions(launch, { env, home, icon: join(packageFolder, 'resources', 'icons', 'icon.png') });
}
