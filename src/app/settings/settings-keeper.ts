import { defaultSettings, settingNames, settings as rows, type Settings } from '../../shared/settings.ts';
import type { SettingsStore } from '../door.ts';
import { currentVersion, migrate, versionName } from './migrations.ts';
import { salvage } from './salvage.ts';

/**
 * The settings of this installation. Whatever the store holds, `current` is complete and valid: a value that does not fit is
 * replaced by its default, down to single options and presets; names that are no settings are not kept.
 */
export class SettingsKeeper {
  readonly #store: SettingsStore;
  readonly #onChange: (settings: Settings) => void;
  #current: Settings;

  constructor(store: SettingsStore, onChange: (settings: Settings) => void) {
    this.#store = store;
    this.#onChange = onChange;
    this.#current = settingsFrom(store.read());
  }

  get current(): Settings {
    return this.#current;
  }

  /** Takes new values, which have been validated, stores them at once and tells. */
  change(patch: Partial<Settings>): void {
    const given = Object.fromEntries(Object.entries<unknown>(patch).filter(([, value]) => value !== undefined));
    this.#current = { ...this.#current, ...given };
    const stored = { ...this.#current, [versionName]: currentVersion };
    this.#store.write(stored);
    this.#onChange(this.#current);
  }
}

function settingsFrom(stored: Readonly<Record<string, unknown>>): Settings {
  const migrated = migrate(stored);
  return Object.fromEntries(
    settingNames.map((name) => [name, salvage(rows[name].schema, migrated[name], defaultSettings[name])]),
  ) as Settings;
}
