import * as z from 'zod';

/**
 * Models of other people that can be downloaded: what `models/catalogue.json` says. An address names a commit, so that what lies
 * there does not change; size and sha256 are checked all the same before anything is made of it.
 */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/**
 * What people look for a model for, in the order of the list: photographs, damaged ones, drawings, only to clean at the same size, what does
 * its part in restoring faces.
 */
export const modelPurposes = ['photos', 'damaged', 'drawings', 'clean', 'faces'] as const;

const catalogueFileSchema = z.strictObject({
  /** What it is called on this computer; files of one model differ in the ending only. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a plain file name'),
  url: z.url({ protocol: /^https$/ }),
  fileBytes: z.int().positive(),
  sha256,
});

const catalogueEntrySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case words joined by hyphens'),
  name: z.string().min(1),
  /** What it is good for, in a sentence. */
  summary: z.string().min(1),
  /** Under what it is listed. */
  purpose: z.enum(modelPurposes).optional(),
  scale: z.int().min(1).max(16),
  licence: z.string().min(1),
  author: z.string().min(1),
  kind: z.enum(['ncnn', 'onnx', 'pth']),
  files: z.array(catalogueFileSchema).min(1),
});

/** What a metric needs and is not ours: goes into the folder of metrics as it is. */
const metricEntrySchema = catalogueEntrySchema.pick({ id: true, name: true, summary: true, licence: true, author: true, files: true });

export const catalogueSchema = z
  .strictObject({ schema: z.literal(1), models: z.array(catalogueEntrySchema), metrics: z.array(metricEntrySchema).default([]) })
  .refine(({ models }) => new Set(models.map(({ id }) => id)).size === models.length, 'two models have the same id');

export type Catalogue = z.infer<typeof catalogueSchema>;
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;
export type MetricEntry = z.infer<typeof metricEntrySchema>;
export type CatalogueFile = z.infer<typeof catalogueFileSchema>;

/** A model of the catalogue, as it is shown. */
export interface CatalogueCard extends CatalogueEntry {
  /** The id of the installed model that was made of these files; null where there is none. */
  readonly installed: string | null;
  /** Null unless it is being downloaded. */
  readonly progress: DownloadProgress | null;
}

export interface DownloadProgress {
  /** `import`: everything has arrived and is made a model of. */
  readonly stage: 'download' | 'import';
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** The cards under what they are for, in the order of the list; those without a purpose come last. */
export function byPurpose<Card extends Pick<CatalogueEntry, 'purpose'>>(
  cards: readonly Card[],
): { readonly purpose: CatalogueEntry['purpose']; readonly cards: Card[] }[] {
  return [...modelPurposes, undefined]
    .map((purpose) => ({ purpose, cards: cards.filter((card) => card.purpose === purpose) }))
    .filter((group) => group.cards.length > 0);
}

export const downloadBytes = ({ files }: Pick<CatalogueEntry, 'files'>): number => files.reduce((sum, { fileBytes }) => sum + fileBytes, 0);

/**
 * The one download that is worth most on a computer: with a graphics card the model that cleans most, which takes a processor minutes
 * for a photo; else the small one that a processor has time for.
 */
export const bestDownload = (graphicsCard: boolean): string => (graphicsCard ? 'realesrgan-x4plus' : 'realesr-general-x4v3');
