/** What the settings' file says about itself: how many of the migrations its content has been through. */
export const versionName = 'settingsVersion';

type Stored = Readonly<Record<string, unknown>>;

/**
 * Steps from each version of the stored settings to the next, oldest first: one is appended whenever a setting changes its name
 * or meaning. They are given whatever was in the file and must not throw on it. New settings need no step: they have defaults.
 */
const migrations: readonly ((stored: Stored) => Stored)[] = [];

/** The version that is written today. */
export const currentVersion = migrations.length;

/** Stored settings as the current version writes them. A file of a later version is taken as it is: fields that fit are kept. */
export function migrate(stored: Stored, steps = migrations): Stored {
  const version = stored[versionName];
  const from = typeof version === 'number' && Number.isInteger(version) && version >= 0 ? version : 0;
  return steps.slice(from).reduce((before, step) => step(before), stored);
}
