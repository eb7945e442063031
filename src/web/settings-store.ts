import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingsStore } from '../app/door.ts';

/**
 * Settings in `settings.json` in `folder`, written whole or not at all, as electron-store writes those of the window (decision 14). A file
 * that is no JSON, or is not there, counts as empty.
 * @throws what the file system throws otherwise
 */
export function settingsFile(folder: string): SettingsStore {
  const path = join(folder, 'settings.json');
  return {
    read: () => readObject(path),
    write: (settings) => {
      mkdirSync(folder, { recursive: true });
      const temporary = `${path}.${process.pid}.part`;
      writeFileSync(temporary, JSON.stringify(settings, undefined, '\t'), { flush: true });
      renameSync(temporary, path);
    },
  };
}

function readObject(path: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof content === 'object' ? { ...content } : {};
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return {};
    throw error;
  }
}
