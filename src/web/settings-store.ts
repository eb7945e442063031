import Conf from 'conf';
import type { SettingsStore } from '../app/door.ts';

/** Settings in a JSON file in `folder`, written whole or not at all. A file that is no JSON counts as empty. */
export function settingsFile(folder: string): SettingsStore {
  const file = new Conf({ cwd: folder, configName: 'settings', clearInvalidConfig: true });
  return {
    read: () => file.store,
    write: (settings) => {
      file.store = settings;
    },
  };
}
