import * as z from 'zod';
import { optionsSchema } from './options.ts';

/** A rectangle of the upright source photo, in its pixels. */
export const regionSchema = z.object({
  left: z.int().min(0),
  top: z.int().min(0),
  width: z.int().min(1),
  height: z.int().min(1),
});

export type Region = z.infer<typeof regionSchema>;

/** What was asked: one photo, one set of options. Nothing on the way renames its fields. */
export const requestSchema = z.object({
  /** Absolute path. */
  source: z.string().min(1),
  options: optionsSchema,
  /** Only this part of the photo, with exactly the pixels that the whole run would give there. */
  region: regionSchema.optional(),
  /** Files that must never be written to even if their name would fit: the other originals of the batch. */
  originals: z.array(z.string()).readonly().optional(),
  /** Leave the photo alone if it is a result of ours, known by its mark: it was found in a folder, not chosen. */
  skipResults: z.boolean().optional(),
  /** Absolute path of the result, settled before: exactly here or not at all, so that a job done again gives one result, not two. */
  destination: z.string().min(1).optional(),
});

export type Request = z.infer<typeof requestSchema>;
