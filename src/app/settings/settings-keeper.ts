import * as z from 'zod';
import { defaultSettings, settingNames, settings as rows, type Settings } from '../../shared/settings.ts';
import type { SettingsStore } from '../door.ts';
import { currentVersion, migrate, versionName } from './migrations.ts';

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

/**
 * What a schema can keep of a stored value: of an object every field that fits, of a list every item that does. What does not
 * fit becomes `fallback`, field by field where that is an object too, or the schema's own default. Undefined: nothing can be kept.
 */
function salvage(schema: z.ZodType, value: unknown, fallback?: unknown): unknown {
  const whole = schema.safeParse(value);
  if (whole.success && value !== undefined) return whole.data;
  if (schema instanceof z.ZodDefault && value !== undefined) {
    return salvage(schema.unwrap() as z.ZodType, value, fallback ?? byDefault(schema));
  }
  if (schema instanceof z.ZodObject && isRecord(value)) return salvageFields(schema, value, fallback);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    const kept = value.map((item) => salvage(schema.element as z.ZodType, item)).filter((item) => item !== undefined);
    return schema.safeParse(kept).success ? kept : fallback;
  }
  if (fallback !== undefined) return fallback;
  return whole.success ? whole.data : byDefault(schema);
}

function salvageFields(schema: z.ZodObject, value: Record<string, unknown>, fallback: unknown): unknown {
  const defaults = isRecord(fallback) ? fallback : {};
  const fields = Object.entries(schema.shape).map(([name, field]) => [name, salvage(field as z.ZodType, value[name], defaults[name])]);
  const read = schema.safeParse(Object.fromEntries(fields));
  return read.success ? read.data : fallback;
}

function byDefault(schema: z.ZodType): unknown {
  const read = schema.safeParse(undefined);
  return read.success ? read.data : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
