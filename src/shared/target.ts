import * as z from 'zod';

/** How large the result shall be. Lengths in pixels; print sizes in millimetres at dots per inch. */
export const targetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('auto') }),
  z.object({ kind: z.literal('scale'), scale: z.literal([1, 2, 3, 4, 8]) }),
  z.object({ kind: z.literal('longEdge'), pixels: z.int().min(1).max(2_000_000) }),
  z.object({ kind: z.literal('fit'), width: z.int().min(1).max(2_000_000), height: z.int().min(1).max(2_000_000) }),
  z.object({ kind: z.literal('print'), widthMm: z.number().positive(), heightMm: z.number().positive(), dpi: z.int().min(36).max(2400) }),
]);

export type Target = z.infer<typeof targetSchema>;

/** *Auto* enlarges photos up to this many megapixels ×4 and larger ones ×2. */
export const autoMegapixels = 4;
