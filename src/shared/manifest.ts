import * as z from 'zod';
import { diffusionSchema, stageFaults } from './diffusion.ts';
import { dialNames } from './options.ts';

/**
 * The treaty between the training kit, the importers and the engine: what `models/<id>/manifest.json` says.
 * `models/manifest.schema.json` is generated from this file.
 */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
/** A plain file name inside the model's own folder: a manifest can never point outside it. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name');

const hashedFile = z.object({ file: fileName, sha256 });
const precision = z.enum(['fp32', 'fp16', 'int8']);

/** A photo that a model was trained on, and whose it is. */
const creditSchema = z.looseObject({ author: z.string(), licence: z.string(), source: z.string() });

/** What every model says. */
const everyModel = z.object({
  schema: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case words joined by hyphens'),
  name: z.string().min(1),
  summary: z.string(),
  /** Models of one family do the same at different scales; *auto* chooses among them. */
  family: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .optional(),
  /** Shown as such, and never chosen by *auto*. */
  experimental: z.boolean().default(false),
  /** ONNX external data that the graphs share. */
  weights: z.array(hashedFile).default([]),
  /** The model card, for people: data and credits, recipe, measured numbers, limits, licence. */
  card: z.looseObject({
    licence: z.string(),
    limits: z.string(),
    data: z.looseObject({ credits: z.array(creditSchema).default([]) }).optional(),
  }),
});

/** width·height·3 bytes of an RGB test tile, then the CPU's fp32 answer for it at the default options, 8 bit. */
const selfTestSchema = hashedFile.extend({ width: z.int().positive(), height: z.int().positive() });

/** What every kind of model says that enlarges photos. */
const everyManifest = everyModel.extend({ scale: z.int().min(1).max(16), selfTest: selfTestSchema });

/** One way to compute a feed-forward model: same weights, another arithmetic or sample type. The engine measures and picks. */
const graphSchema = hashedFile.extend({
  precision,
  /** `uint8`: 0…255 in and out, rounded and clipped inside the graph. `float32`: 0…1, not necessarily clipped. */
  samples: z.enum(['uint8', 'float32']),
});

/** Models that map a piece of a photo to the enlarged piece in one go. */
const feedForwardSchema = everyManifest.extend({
  pipeline: z.literal('feed-forward'),
  /** Source pixels that a tile needs around it so that tiled = untiled (the receptive radius, or less where measured). */
  overlap: z.int().min(0).max(512),
  /** Tiles begin at multiples of so many source pixels: the network reduces the photo inside, and where it begins matters. */
  grid: z.int().min(1).max(64).optional(),
  /** Memory that the processor takes for each source pixel of a tile, where it was measured: tiles are as small as that asks for. */
  bytesPerPixel: z.int().positive().optional(),
  graphs: z.array(graphSchema).min(1),
  /** Graph input and output: `nhwc` [1,H,W,3] → [1,sH,sW,3], `nchw` [1,3,H,W] → [1,3,sH,sW]; RGB. */
  tensors: z.object({ input: z.string(), output: z.string(), layout: z.enum(['nhwc', 'nchw']) }),
  /**
   * Dial → the scalar graph constant it sets: a 4-byte float32 external-data file whose content the engine replaces. Grain sets none:
   * the engine adds it to the result.
   */
  options: z
    .partialRecord(z.enum(dialNames), z.object({ constant: fileName.optional(), default: z.number().min(0).max(1) }))
    .refine((rows) => Object.entries(rows).every(([name, row]) => name === 'grain' || row.constant !== undefined), 'lacks its constant')
    .default({}),
});

/**
 * One way to compute a one-step model: graphs of one fixed size, planes first, float32 at the edges in every precision. T is the
 * tile, t = T/factor, f = T/scale, c the latent's channels.
 *
 * - encoder: `image` [1,3,T,T] in −1…1 → `latent` [1,c,t,t], unscaled. Null: nothing takes a latent of the photo.
 * - unet: any of `latent` [1,c,t,t] scaled, `image` as above, `source` [1,3,f,f] in −1…1 (the photo before it was enlarged) →
 *   `noise`: whatever the step needs, time and context folded in.
 * - pixelUnet: like `unet`, the part of it that keeps to the pixels (PiSA-SR); the option `semantic` is what is between them.
 * - decoder: `latent` unscaled → `image` [1,3,T,T] in −1…1, not clipped; vector quantisation, where there is any, is inside.
 */
const stagesSchema = z.object({
  precision,
  encoder: hashedFile.nullable(),
  unet: hashedFile,
  pixelUnet: hashedFile.optional(),
  decoder: hashedFile,
});

/** Models that take one step of diffusion in the latent space of the photo, enlarged before; see `diffusion.ts`. */
const oneStepSchema = everyManifest
  .extend({
    pipeline: z.literal('one-step-diffusion'),
    diffusion: diffusionSchema,
    graphs: z.array(stagesSchema).min(1),
    /** The dials that the model takes: plain arithmetic of the pipeline. */
    options: z.partialRecord(z.enum(dialNames), z.object({ default: z.number().min(0).max(1) })).default({}),
    /** A tile of the enlarged photo and what becomes of it, before the colours are mended: T·T·3 bytes each. */
    selfTest: selfTestSchema,
  })
  .check(({ value, issues }) => {
    for (const { path, message } of stageFaults(value)) issues.push({ code: 'custom', path, message, input: value });
  });

/**
 * Networks that make a face anew: an upright square of it in, placed as those of FFHQ are, the same square out. Planes first, RGB,
 * float32, −1…1, not necessarily clipped: [1, 3, side, side].
 */
const faceRestorerSchema = everyModel.extend({
  pipeline: z.literal('face-restorer'),
  selfTest: selfTestSchema,
  face: z.object({ side: z.int().min(16).max(1024), input: z.string(), output: z.string() }),
  graphs: z.array(hashedFile.extend({ precision })).min(1),
  /** The dials that are taken: plain arithmetic of the pipeline. */
  options: z.object({ fidelity: z.object({ default: z.number().min(0).max(1) }) }),
});

/**
 * Networks that find faces, in the form of YuNet: BGR planes of 0…255 [1, 3, side, side] in; for the strides 8, 16 and 32 the maps
 * `cls`, `obj`, `bbox` and `kps` out (`pipelines/faces/face-maps.ts`).
 */
const faceDetectorSchema = everyModel.extend({
  pipeline: z.literal('face-detector'),
  picture: z.object({ side: z.int().min(32).max(4096).multipleOf(32), input: z.string() }),
  graphs: z.array(hashedFile.extend({ precision })).length(1),
  options: z.strictObject({}).default({}),
});

export const manifestSchema = z.discriminatedUnion('pipeline', [feedForwardSchema, oneStepSchema, faceRestorerSchema, faceDetectorSchema]);

export type Manifest = z.infer<typeof manifestSchema>;
/** Of models that enlarge photos. */
export type EnlargingManifest = Extract<Manifest, { scale: number }>;
export type FaceRestorerManifest = z.infer<typeof faceRestorerSchema>;
export type FaceDetectorManifest = z.infer<typeof faceDetectorSchema>;
export type FeedForwardManifest = z.infer<typeof feedForwardSchema>;
export type OneStepManifest = z.infer<typeof oneStepSchema>;
export type GraphEntry = z.infer<typeof graphSchema>;
/** The graphs of a one-step model in one precision. */
export type StageEntry = z.infer<typeof stagesSchema>;
