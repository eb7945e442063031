import * as z from 'zod';
import { outputFormatNames } from './output-formats.ts';
import { photoExtensions } from './photo-extensions.ts';
import { targetSchema, type Target } from './target.ts';

/** One way to say an option on the command line. `read` turns the text after the flag into the option's value. */
interface Flag {
  readonly flag: string;
  readonly hint: string;
  readonly read: (text: string) => unknown;
}

/** Labels and hints are in the message files, under `option.<name>`. */
interface OptionRow<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly default: z.infer<Schema>;
  /**
   * What of the result it decides: its pixels, or only how these become a file. Names, folders, limits, tiles and the device leave
   * the result the same; the model is known by its files' hashes.
   */
  readonly shapesResult?: 'pixels' | 'file';
  /** There since work was first named by its options: where it is as usual, the name of a piece of work is what it was before. */
  readonly isNew?: true;
  readonly range?: { readonly min: number; readonly max: number; readonly step: number };
  readonly flags: readonly Flag[];
}

/** The family that *auto* chooses a model of. */
export const defaultFamily = 'onestep-photo';

const option = <Schema extends z.ZodType>(row: OptionRow<Schema>): OptionRow<Schema> => row;

const text = (value: string): string => value;
const number = (value: string): number | string => (value.trim() === '' ? value : Number(value));
/** Flags without a value are read as "true". */
const yes = (): boolean => true;

const pair = (value: string): { width: number; height: number } => {
  const [, width, height] = /^(\d+)[x×](\d+)$/.exec(value) ?? [];
  return { width: Number(width), height: Number(height) };
};

/** `10x15cm`, `4x6in`, `100x150mm`, each optionally `@300` (dots per inch, default 300). */
const printSize = (value: string): Target => {
  const [, width, height, unit = '', dpi = '300'] = /^([\d.]+)[x×]([\d.]+)(mm|cm|in)(?:@(\d+))?$/.exec(value) ?? [];
  const millimetres = { mm: 1, cm: 10, in: 25.4 }[unit] ?? Number.NaN;
  return { kind: 'print', widthMm: Number(width) * millimetres, heightMm: Number(height) * millimetres, dpi: Number(dpi) };
};

/** Spots in percent of a photo's width and height: `31x42,70.5x55`. */
const spots = (value: string): unknown =>
  value.split(',').map((spot) => {
    const [, x, y] = /^(-?[\d.]+)[x×](-?[\d.]+)$/.exec(spot.trim()) ?? [];
    return { x: Number(x) / 100, y: Number(y) / 100 };
  });

/**
 * Every option of a job, in the order in which they are shown. A row yields the control in the window, the flag of the
 * command line, validation, persistence and the field of the request.
 */
export const options = {
  target: option({
    schema: targetSchema,
    default: { kind: 'auto' },
    shapesResult: 'pixels',
    flags: [
      {
        flag: '--scale <factor>',
        hint: 'auto, 2, 3, 4 or 8 times the width and height, or 1: only cleaner',
        read: (value) => (value === 'auto' ? { kind: 'auto' } : { kind: 'scale', scale: Number(value.replace(/^[x×]|[x×]$/, '')) }),
      },
      { flag: '--long-edge <pixels>', hint: 'length of the longer side', read: (value) => ({ kind: 'longEdge', pixels: Number(value) }) },
      { flag: '--fit <WxH>', hint: 'largest size that fits into W×H pixels', read: (value) => ({ kind: 'fit', ...pair(value) }) },
      { flag: '--print <size>', hint: 'print size such as 10x15cm@300 or 8x10in@240', read: printSize },
    ],
  }),
  skipLarger: option({
    schema: z.boolean(),
    default: false,
    shapesResult: 'file',
    flags: [{ flag: '--skip-larger', hint: 'skip photos that already have the target size', read: yes }],
  }),
  model: option({
    schema: z.string().min(1),
    default: 'auto',
    flags: [{ flag: '--model <id>', hint: 'a model named by `onestep models`, its family, or auto', read: text }],
  }),
  strength: option({
    schema: z.number().min(0).max(1).nullable(),
    default: null,
    range: { min: 0, max: 1, step: 0.05 },
    shapesResult: 'pixels',
    flags: [{ flag: '--strength <0…1>', hint: '0 faithful … 1 detailed', read: number }],
  }),
  semantic: option({
    schema: z.number().min(0).max(1).nullable(),
    default: null,
    range: { min: 0, max: 1, step: 0.05 },
    shapesResult: 'pixels',
    flags: [{ flag: '--semantic <0…1>', hint: '0 only mends … 1 invents detail, for models that take it', read: number }],
  }),
  fidelity: option({
    schema: z.number().min(0).max(1).nullable(),
    default: null,
    range: { min: 0, max: 1, step: 0.05 },
    shapesResult: 'pixels',
    flags: [{ flag: '--fidelity <0…1>', hint: '0 free … 1 held to the photo’s own colours and shapes', read: number }],
  }),
  grain: option({
    schema: z.number().min(0).max(1).nullable(),
    default: null,
    range: { min: 0, max: 1, step: 0.05 },
    shapesResult: 'pixels',
    isNew: true,
    flags: [{ flag: '--grain <0…1>', hint: '0 smooth … 1 as coarse as film', read: number }],
  }),
  faces: option({
    schema: z.boolean(),
    default: false,
    shapesResult: 'pixels',
    isNew: true,
    flags: [{ flag: '--faces', hint: 'restore faces; takes a detector and a restorer, see `onestep models available`', read: yes }],
  }),
  leaveFaces: option({
    // The middle of a face that the edge cuts off lies outside.
    schema: z
      .array(z.object({ x: z.number().min(-1).max(2), y: z.number().min(-1).max(2) }))
      .min(1)
      .max(1000)
      .nullable(),
    default: null,
    shapesResult: 'pixels',
    isNew: true,
    flags: [
      {
        flag: '--leave-faces <spots>',
        hint: 'with --faces: faces to leave alone, each by a spot in it, in % of width and height, such as 31x42,70x55',
        read: spots,
      },
    ],
  }),
  exact: option({
    schema: z.boolean(),
    default: false,
    shapesResult: 'pixels',
    flags: [{ flag: '--exact', hint: 'always compute in 32-bit floating point', read: yes }],
  }),
  provider: option({
    schema: z.enum(['auto', 'cpu', 'cuda', 'tensorrt', 'directml', 'coreml', 'webgpu']),
    default: 'auto',
    flags: [{ flag: '--provider <name>', hint: 'auto, cpu, cuda, tensorrt, directml, coreml or webgpu', read: text }],
  }),
  tile: option({
    schema: z.int().min(0).max(4096),
    default: 0,
    flags: [{ flag: '--tile <rows>', hint: 'tile height in pixels (default: automatic)', read: number }],
  }),
  format: option({
    schema: z.enum(['same', ...outputFormatNames]),
    default: 'same',
    flags: [
      {
        flag: '--format <name>',
        hint: 'same, jpeg, png, webp, tiff or avif',
        read: (value) => photoExtensions[value] ?? value,
      },
    ],
  }),
  quality: option({
    schema: z.union([z.literal('match'), z.int().min(1).max(100)]),
    default: 'match',
    shapesResult: 'file',
    flags: [{ flag: '--quality <1…100>', hint: 'match, or 1 to 100', read: (value) => (value === 'match' ? value : number(value)) }],
  }),
  depth: option({
    schema: z.enum(['same', '16']),
    default: 'same',
    shapesResult: 'pixels',
    isNew: true,
    flags: [{ flag: '--bits <depth>', hint: '16: PNG and TIFF with 16 bits per colour, whatever the photo has', read: text }],
  }),
  compression: option({
    schema: z.enum(['none', 'deflate']),
    default: 'none',
    shapesResult: 'file',
    isNew: true,
    flags: [{ flag: '--compression <name>', hint: 'none or deflate (lossless), for TIFF', read: text }],
  }),
  effort: option({
    schema: z.enum(['fast', 'balanced', 'small']),
    default: 'fast',
    shapesResult: 'file',
    isNew: true,
    flags: [{ flag: '--effort <name>', hint: 'fast, balanced or small: how much time to spend on AVIF files', read: text }],
  }),
  output: option({
    schema: z.string().min(1).nullable(),
    default: null,
    flags: [{ flag: '--output <folder>', hint: 'write results into this folder instead of beside the originals', read: text }],
  }),
  name: option({
    schema: z.string().min(1),
    default: '{name}_{scale}x',
    flags: [{ flag: '--name <template>', hint: '{name} {scale} {model} {date} {width} {height}, / for a sub-folder', read: text }],
  }),
  onCollision: option({
    schema: z.enum(['number', 'skip', 'overwrite-result']),
    default: 'number',
    flags: [{ flag: '--on-collision <policy>', hint: 'number, skip or overwrite-result', read: text }],
  }),
  background: option({
    schema: z.string().regex(/^#[0-9a-f]{6}$/i, 'expected a colour such as #ffffff'),
    default: '#ffffff',
    shapesResult: 'file',
    flags: [{ flag: '--background <colour>', hint: 'behind transparent photos in JPEG, such as #ffffff', read: text }],
  }),
  strict: option({
    schema: z.boolean(),
    default: false,
    flags: [{ flag: '--strict', hint: 'refuse photos with missing or damaged parts', read: yes }],
  }),
  maxMegapixels: option({
    schema: z.number().positive().max(10_000),
    default: 500,
    flags: [{ flag: '--max-megapixels <n>', hint: 'refuse photos that claim to be larger', read: number }],
  }),
} as const;

export type OptionName = keyof typeof options;
export type Options = { -readonly [Name in OptionName]: z.infer<(typeof options)[Name]['schema']> };

/** The options that say how a model works; it shows and takes those that its manifest names, null is its own default. */
export const dialNames = ['strength', 'semantic', 'fidelity', 'grain'] as const satisfies OptionName[];
export type DialName = (typeof dialNames)[number];

/** The dial that chooses between the two models of a blend: 0 is the first. */
export const blendDial: DialName = 'strength';

/** A number for each dial, null for those that are not set, or that a model does not take. */
export type Dials = Readonly<Record<DialName, number | null>>;

/** Something for each dial. */
export const eachDial = <Value>(make: (name: DialName) => Value): Record<DialName, Value> =>
  Object.fromEntries(dialNames.map((name) => [name, make(name)])) as Record<DialName, Value>;

/** None is set, or taken. */
export const noDials: Dials = eachDial(() => null);

export const optionNames = Object.keys(options) as OptionName[];

/** In the order of the table: keys of work that was done before are made of their values. */
export const shapingOptions = (...kinds: readonly ('pixels' | 'file')[]): OptionName[] =>
  optionNames.filter((name) => kinds.some((kind) => options[name].shapesResult === kind));

const shape = Object.fromEntries(optionNames.map((name) => [name, (options[name].schema as z.ZodType).default(options[name].default)]));

/** All options, validated, with the defaults filled in. */
export const optionsSchema = z.object(shape) as unknown as z.ZodType<Options, Partial<Options>>;
export const defaultOptions: Options = optionsSchema.parse({});

/** Unlike those of the schema of all, absent ones stay absent. */
export const someOptions = z.strictObject(
  Object.fromEntries(optionNames.map((name) => [name, (options[name].schema as z.ZodType).optional()])),
) as unknown as z.ZodType<Partial<Options>>;
