import Store from 'electron-store';
import type { SettingsStore } from '../app/door.ts';
import type { WindowPlace } from './window-place.ts';

/** What the window remembers for itself. */
export interface Memory {
  /** Whatever is stored. */
  windowPlace(): unknown;
  rememberWindowPlace(place: WindowPlace): void;
}

/** Settings in a JSON file in Electron's folder, written whole or not at all. A file that is no JSON counts as empty. */
export function settingsFile(): SettingsStore {
  const file = new Store({ name: 'settings', clearInvalidConfig: true });
  return {
    read: () => file.store,
    write: (settings) => {
      file.store = settings;
    },
  };
}

/** @param folder where the application's state lies */
export function windowMemory(folder: string): Memory {
  const file = new Store({ name: 'window', cwd: folder, clearInvalidConfig: true });
  return {
    windowPlace: () => file.get('place'),
    rememberWindowPlace: (place) => file.set('place', place),
  };
}
