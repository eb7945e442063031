import * as z from 'zod';
import { eachDial } from './options.ts';
import { outputFormatNames } from './output-formats.ts';

/**
 * What `onestep enhance --json` prints: one of these per line. Documented in docs/json-events.md; fields are only ever added.
 * Sizes in pixels, times in seconds, `index` counts photos from 0.
 */

const photo = { index: z.int().min(0), source: z.string() };
const size = z.int().min(1);
const fraction = z.number().min(0).max(1);

const pass = z.object({ model: z.string().nullable(), scale: z.number().positive(), width: size, height: size });

export const problemSchema = z.object({ code: z.string(), message: z.string(), detail: z.string().optional(), advice: z.string() });

/** The middle of its square and the square's side, in parts of the photo's width and height (side: width), and degrees clockwise. */
const placedFace = z.object({
  x: z.number(),
  y: z.number(),
  side: z.number().positive(),
  turn: z.number(),
  outcome: z.enum(['restored', 'left', 'tooSmall', 'tooLarge']),
});

export const reportSchema = z.object({
  source: z.string(),
  status: z.enum(['done', 'skipped']),
  output: z.string().nullable(),
  reason: z.string().optional(),
  sourceWidth: size,
  sourceHeight: size,
  width: size,
  height: size,
  fileBytes: z.int().min(0),
  format: z.enum(outputFormatNames),
  quality: z.number().nullable(),
  passes: z.array(pass),
  rule: z.string(),
  provider: z.string(),
  precision: z.string(),
  // What an older version wrote does not know of newer dials.
  ...eachDial(() => z.number().nullable().default(null)),
  /** Where faces were to be restored. */
  faces: z
    .object({
      found: z.int().min(0),
      restored: z.int().min(0),
      // What an older version wrote does not know of these two.
      left: z.int().min(0).default(0),
      tooSmall: z.int().min(0),
      tooLarge: z.int().min(0),
      each: z.array(placedFace).default([]),
      fidelity: z.number(),
    })
    .optional(),
  kept: z.array(z.string()),
  converted: z.array(z.string()),
  lost: z.array(z.string()),
  notices: z.array(z.object({ code: z.string(), message: z.string() })),
  seconds: z.object({ total: z.number(), decode: z.number(), enhance: z.number(), inference: z.number(), encode: z.number() }),
});

export const totalsSchema = z.object({
  photos: z.int().min(0),
  done: z.int().min(0),
  skipped: z.int().min(0),
  failed: z.int().min(0),
  /** Not begun, or stopped, because the run was cancelled. */
  cancelled: z.int().min(0),
  resultPixels: z.number().min(0),
  resultBytes: z.number().min(0),
  seconds: z.number().min(0),
});

export const jsonEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('start'), photos: z.int().min(0), dryRun: z.boolean() }),
  /** Given or found, but without photos for us: a folder that cannot be read, something that is no file. */
  z.object({ event: z.literal('left-out'), path: z.string(), reason: z.string(), message: z.string() }),
  z.object({
    event: z.literal('plan'),
    ...photo,
    output: z.string(),
    sourceWidth: size,
    sourceHeight: size,
    width: size,
    height: size,
    format: z.enum(outputFormatNames),
    passes: z.array(pass),
    rule: z.string(),
    skip: z.string().nullable(),
    /** What to know of the photo before it is enhanced. */
    notes: z.array(z.string()).optional(),
    estimatedSeconds: z.number().nullable(),
    estimatedBytes: z.number(),
  }),
  z.object({
    event: z.literal('progress'),
    ...photo,
    stage: z.enum(['decode', 'enhance', 'encode', 'verify']),
    fraction,
    provider: z.string().optional(),
    tileStage: z.enum(['encoder', 'unet', 'decoder']).optional(),
    /** Before the first tile, where faces are restored. */
    face: z.object({ number: z.int().min(1), count: z.int().min(1) }).optional(),
    pixelsPerSecond: z.number().min(0),
    secondsLeft: z.number().min(0).nullable(),
    batchFraction: fraction,
    batchSecondsLeft: z.number().min(0).nullable(),
  }),
  z.object({ event: z.literal('notice'), ...photo, code: z.string(), message: z.string() }),
  z.object({ event: z.literal('done'), ...photo, report: reportSchema }),
  z.object({ event: z.literal('skipped'), ...photo, reason: z.string(), output: z.string().nullable() }),
  z.object({ event: z.literal('failed'), ...photo, problem: problemSchema }),
  z.object({ event: z.literal('end'), totals: totalsSchema }),
]);

export type JsonEvent = z.infer<typeof jsonEventSchema>;
export type Totals = z.infer<typeof totalsSchema>;
