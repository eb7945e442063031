import * as z from 'zod';

/**
 * The treaty between the training kit, the importers and the engine: what `models/<id>/manifest.json` says.
 * `models/manifest.schema.json` is generated from this file.
 */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
/** A plain file name inside the model's own folder: a manifest can never point outside it. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name');

const hashedFile = z.object({ file: fileName, sha256 });

/** One way to compute the model: same weights, another arithmetic or sample type. The engine measures and picks. */
export const graphSchema = hashedFile.extend({
  precision: z.enum(['fp32', 'fp16', 'int8']),
  /** `uint8`: 0…255 in and out, rounded and clipped inside the graph. `float32`: 0…1, not necessarily clipped. */
  samples: z.enum(['uint8', 'float32']),
});

/** A photo that a model was trained on, and whose it is. */
const creditSchema = z.looseObject({ author: z.string(), licence: z.string(), source: z.string() });

export const manifestSchema = z.object({
  schema: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case words joined by hyphens'),
  name: z.string().min(1),
  summary: z.string(),
  /** Models of one family do the same at different scales; *auto* chooses among them. */
  family: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .optional(),
  pipeline: z.enum(['feed-forward']),
  scale: z.int().min(1).max(16),
  /** Source pixels that a tile needs around it so that tiled = untiled (the receptive radius, or less where measured). */
  overlap: z.int().min(0).max(512),
  graphs: z.array(graphSchema).min(1),
  /** Graph input and output: `nhwc` [1,H,W,3] → [1,sH,sW,3], `nchw` [1,3,H,W] → [1,3,sH,sW]; RGB. */
  tensors: z.object({ input: z.string(), output: z.string(), layout: z.enum(['nhwc', 'nchw']) }),
  /** ONNX external data that the graphs share. */
  weights: z.array(hashedFile).default([]),
  /** Option name → the scalar graph constant it sets: a 4-byte float32 external-data file whose content the engine replaces. */
  options: z.record(z.string(), z.object({ constant: fileName, default: z.number() })).default({}),
  /** width·height·3 bytes of an RGB test tile, then the CPU's fp32 answer for it at the default options, 8 bit. */
  selfTest: hashedFile.extend({ width: z.int().positive(), height: z.int().positive() }),
  /** The model card, for people: data and credits, recipe, measured numbers, limits, licence. */
  card: z.looseObject({
    licence: z.string(),
    limits: z.string(),
    data: z.looseObject({ credits: z.array(creditSchema).default([]) }).optional(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type GraphEntry = z.infer<typeof graphSchema>;
