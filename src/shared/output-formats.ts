/**
 * The formats results are written in. `maxSide` is what the encoder can hold (libvips refuses JPEG above 65,500 px;
 * WebP is 14-bit), `bits` the sample depths it keeps, `quality` the default when the source has none to match.
 */
export const outputFormats = {
  jpeg: { label: 'JPEG', extension: 'jpg', maxSide: 65_500, bits: [8], alpha: false, quality: 92 },
  png: { label: 'PNG', extension: 'png', maxSide: 2_147_483_647, bits: [8, 16], alpha: true, quality: null },
  webp: { label: 'WebP', extension: 'webp', maxSide: 16_383, bits: [8], alpha: true, quality: 90 },
  tiff: { label: 'TIFF', extension: 'tif', maxSide: 2_147_483_647, bits: [8, 16], alpha: true, quality: null },
  avif: { label: 'AVIF', extension: 'avif', maxSide: 16_384, bits: [8], alpha: true, quality: 60 },
} as const satisfies Record<string, OutputFormatRow>;

interface OutputFormatRow {
  readonly label: string;
  readonly extension: string;
  readonly maxSide: number;
  readonly bits: readonly (8 | 16)[];
  readonly alpha: boolean;
  /** 1…100, or null where the format is always lossless. */
  readonly quality: number | null;
}

export type OutputFormat = keyof typeof outputFormats;
export const outputFormatNames = Object.keys(outputFormats) as [OutputFormat, ...OutputFormat[]];
