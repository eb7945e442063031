import * as z from 'zod';
import { fleetWaySchema } from './fleet.ts';
import { languages } from './language.ts';
import { libraryQuerySchema } from './library.ts';
import { optionsSchema, type Options } from './options.ts';

interface SettingRow<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly default: z.infer<Schema>;
}

const setting = <Schema extends z.ZodType>(schema: Schema, byDefault: z.infer<Schema>): SettingRow<Schema> => ({
  schema,
  default: byDefault,
});

export const compareModes = ['wipe', 'side-by-side', 'flip', 'difference'] as const;

/** A named set of options. */
const presetSchema = z.object({ name: z.string().min(1).max(60), options: optionsSchema });

/**
 * Every setting of the installation. A value on disk that its row refuses is replaced by the row's default; the others stay.
 * Labels are in the interface's message files, under `settings.<name>`.
 */
export const settings = {
  language: setting(z.enum(['system', ...languages]), 'system'),
  theme: setting(z.enum(['system', 'dark', 'light']), 'system'),
  /** Options for the next photo. */
  options: setting(optionsSchema as z.ZodType<Options>, optionsSchema.parse({})),
  presets: setting(z.array(presetSchema).max(100), []),
  /** What is opened, again at the next start. */
  roots: setting(z.array(z.string().min(1)).max(1000), []),
  /** Photos that were taken off the list, until what they lie in is opened again. */
  hidden: setting(z.array(z.string().min(1)).max(10_000), []),
  query: setting(libraryQuerySchema, libraryQuerySchema.parse({})),
  /** New photos in opened folders appear by themselves. */
  watchFolders: setting(z.boolean(), true),
  /** … and are enhanced by themselves. */
  enhanceNewPhotos: setting(z.boolean(), false),
  /** Leave out what was done before with the same source and options. */
  skipDone: setting(z.boolean(), true),
  /** Go on by itself with a run that was interrupted. */
  resumeAtStart: setting(z.boolean(), false),
  notifyWhenDone: setting(z.boolean(), true),
  keepAwake: setting(z.boolean(), true),
  compareMode: setting(z.enum(compareModes), 'wipe'),
  /** Side of the library's cells in pixels. */
  cellSide: setting(z.int().min(120).max(480), 220),
  /** For thumbnails and zoom pyramids, in MiB. */
  cacheMegabytes: setting(z.int().min(256).max(1_000_000), 8192),
  /** `auto`: a plain Node process where Electron's own processes are not sound for native code. */
  engineProcess: setting(z.enum(['auto', 'node', 'utility']), 'auto'),
  /** Look for newer versions, and install them: the only thing that would use the network unasked. */
  updates: setting(z.boolean(), false),
  /** The fleet that this computer is connected to. */
  fleet: setting(fleetWaySchema.nullable(), null),
  welcomed: setting(z.boolean(), false),
} as const;

export type SettingName = keyof typeof settings;
export type Settings = { -readonly [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> };
export const settingNames = Object.keys(settings) as SettingName[];

export const defaultSettings = Object.fromEntries(settingNames.map((name) => [name, settings[name].default])) as Settings;

const patchShape = Object.fromEntries(settingNames.map((name) => [name, (settings[name].schema as z.ZodType).optional()]));
/** Some settings and their new values; unknown names are refused. */
export const settingsPatchSchema = z.strictObject(patchShape) as unknown as z.ZodType<Partial<Settings>>;
