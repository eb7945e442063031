import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { rootNameSchema } from '../shared/fleet.ts';
import { defaultOptions, optionNames, optionsSchema, type OptionName, type Options } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';

/** A worker that finds a later version puts the photo back and says that it is to be updated. */
const payloadVersion = 1;
/** A photo's entry has less than 2,000; what has far more is none of ours and is not even parsed. */
const largestBody = 16_384;

/** What every system can have in a name, and none takes for more than a name. */
const isPlainName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[\\:\0]/.test(name);

/** A path inside a shared folder, with `/` between its names, in the Unicode form that the disk gave. */
export const sharedPathSchema = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => path.split('/').every(isPlainName), 'expected plain names with / between them');

/** A place in a shared folder. */
const placeSchema = z.strictObject({ root: rootNameSchema, path: sharedPathSchema });
export type Place = z.infer<typeof placeSchema>;

/** `nas:2019/photo.jpg`, as people see it. */
export const placeInWords = ({ root, path }: Place): string => `${root}:${path}`;

/** Tells one content of a file from the next on every machine: bytes, and milliseconds since 1970. */
const fileVersionSchema = z.strictObject({ bytes: z.int().min(0), modified: z.number() });
export type FileVersion = z.infer<typeof fileVersionSchema>;

/** File systems that machines share keep times to two seconds at worst. */
export const sameTimeMilliseconds = 2000;

const payloadSchema = z.strictObject({
  v: z.literal(payloadVersion),
  batch: z.string().regex(/^[0-9a-f]{16}$/),
  /** Roots that it speaks of, and the id that each bears. */
  roots: z.record(rootNameSchema, z.uuid()),
  source: placeSchema,
  version: fileVersionSchema,
  destination: placeSchema,
  /** What lies there and is to be replaced; null for nothing. */
  before: fileVersionSchema.nullable(),
  /** Those that differ from the defaults; what is the machine's own is not among them. */
  options: z.record(z.string(), z.unknown()),
  /** In the order of their use, each with the hash of its manifest, which holds those of its files. */
  models: z.array(z.strictObject({ id: z.string().min(1).max(200), manifest: z.string().regex(/^[0-9a-f]{64}$/) })).max(16),
  /** Of the result. */
  megapixels: z.number().positive(),
});
export type Payload = z.infer<typeof payloadSchema>;

/** An entry of the queue: the payload as text, and for each of its roots the mark that its key makes of the text. */
export interface Entry {
  readonly body: string;
  readonly marks: Readonly<Record<string, string>>;
}
const entrySchema = z.strictObject({ body: z.string(), marks: z.record(rootNameSchema, z.string().regex(/^[0-9a-f]{64}$/)) });

/** @param keyOf the key of a root, by its name; null where this machine does not have it */
export type KeyOf = (root: string) => string | null;

const markOf = (body: string, key: string): string => createHmac('sha256', key).update(body).digest('hex');

export function entryOf(payload: Omit<Payload, 'v'>, keyOf: KeyOf): Entry {
  const body = JSON.stringify({ v: payloadVersion, ...payload });
  const marks = Object.keys(payload.roots).map((root) => [root, markOf(body, keyOf(root) ?? '')] as const);
  return { body, marks: Object.fromEntries(marks) };
}

/**
 * What an entry asks for. Nothing of it is believed before its marks are right.
 * @throws Problem `newer-version` where a later version wrote it, `not-found` for a root that this machine does not have, else `bad-request`
 */
export function readEntry(given: unknown, keyOf: KeyOf): Payload {
  const entry = entrySchema.safeParse(given);
  if (!entry.success || entry.data.body.length > largestBody) throw refused('fleet.entry.unreadable');
  const { body, marks } = entry.data;
  const json = parsed(body);
  const { roots } = z.looseObject({ roots: payloadSchema.shape.roots }).catch({ roots: {} }).parse(json);
  if (Object.keys(roots).length === 0) throw refused('fleet.entry.unreadable');
  for (const root of Object.keys(roots)) {
    const key = keyOf(root);
    if (key === null)
      throw new Problem('not-found', sentence('fleet.root.unknown', { root }), { advice: sentence('fleet.root.unknown.advice', { root }) });
    if (!isSame(marks[root] ?? '', markOf(body, key))) throw refused('fleet.entry.unsigned', { root });
  }
  const { v } = z.looseObject({ v: z.int() }).catch({ v: 0 }).parse(json);
  if (v > payloadVersion)
    throw new Problem('newer-version', sentence('fleet.entry.newer'), { advice: sentence('fleet.entry.newer.advice') });
  const payload = payloadSchema.safeParse(json);
  if (!payload.success) throw refused('fleet.entry.unreadable', {}, z.prettifyError(payload.error));
  const named = [payload.data.source, payload.data.destination].every(({ root }) => Object.hasOwn(roots, root));
  if (!named) throw refused('fleet.entry.unreadable');
  return payload.data;
}

const refused = (code: 'fleet.entry.unreadable' | 'fleet.entry.unsigned', values = {}, detail?: string): Problem =>
  new Problem('bad-request', sentence(code, values), { detail, advice: sentence('fleet.entry.advice') });

const isSame = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** What a text of JSON says; null for any other text. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Which device, how much at once and where to: each machine's own, or said by the destination. */
const ownOptions: readonly OptionName[] = ['provider', 'tile', 'output', 'name'];

/** What of the options travels. */
export const travellingOptions = (options: Options): Partial<Options> =>
  Object.fromEntries(
    optionNames
      .filter((name) => !ownOptions.includes(name) && JSON.stringify(options[name]) !== JSON.stringify(defaultOptions[name]))
      .map((name) => [name, options[name]]),
  );

/**
 * The options of a payload with those that are this machine's own.
 * @throws Problem bad-request for values that no version of ours would have written
 */
export function optionsOf({ options }: Pick<Payload, 'options'>, own: Pick<Options, 'provider' | 'tile'>): Options {
  const travelled = Object.fromEntries(Object.entries(options).filter(([name]) => !ownOptions.includes(name as OptionName)));
  const read = optionsSchema.safeParse({ ...travelled, provider: own.provider, tile: own.tile });
  if (read.success) return read.data;
  throw refused('fleet.entry.unreadable', {}, z.prettifyError(read.error));
}

const hashOf = (...parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** The same for the same work, so that adding a folder again goes on with the batch of before. */
export const batchOf = (folder: Place | string, output: Place | string | null, options: Options): string =>
  hashOf(folder, output, travellingOptions(options), options.name).slice(0, 16);

/** The same for the same photo of a batch: the queue takes it once. BullMQ refuses ids with colons, and those of digits alone. */
export const jobIdOf = (batch: string, source: Place, version: FileVersion): string => `w${hashOf(batch, source, version).slice(0, 32)}`;

/** Of what is too large for some machine. */
export const lastBand = 3;

/** Smaller comes first, and in a band the largest photo: what takes longest must not be begun last. `band`: 0…3. */
export const priorityOf = (megapixels: number, band = 1): number =>
  1 + band * 500_000 + (499_999 - Math.min(499_999, Math.round(megapixels * 100)));
