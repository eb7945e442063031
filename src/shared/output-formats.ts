/**
 * The formats results are written in: what people see of each. `maxSide` is what the encoder can hold (libvips refuses JPEG above
 * 65,500 px; WebP is 14-bit), `bits` the sample depths it keeps, `quality` the default when the source has none to match. All else that is
 * known of a format is its object in `src/engine/containers`.
 */
export const outputFormats = {
  jpeg: {
    label: 'JPEG',
    extension: 'jpg',
    alsoNamed: ['jpeg', 'jpe', 'jfif'],
    mimeTypes: ['image/jpeg'],
    maxSide: 65_500,
    bits: [8],
    alpha: false,
    quality: 92,
    choices: [],
  },
  png: {
    label: 'PNG',
    extension: 'png',
    alsoNamed: [],
    mimeTypes: ['image/png'],
    maxSide: 2_147_483_647,
    bits: [8, 16],
    alpha: true,
    quality: null,
    choices: ['depth'],
  },
  webp: {
    label: 'WebP',
    extension: 'webp',
    alsoNamed: [],
    mimeTypes: ['image/webp'],
    maxSide: 16_383,
    bits: [8],
    alpha: true,
    quality: 90,
    choices: [],
  },
  tiff: {
    label: 'TIFF',
    extension: 'tif',
    alsoNamed: ['tiff'],
    mimeTypes: ['image/tiff'],
    maxSide: 2_147_483_647,
    bits: [8, 16],
    alpha: true,
    quality: null,
    choices: ['depth', 'compression'],
  },
  avif: {
    label: 'AVIF',
    extension: 'avif',
    alsoNamed: [],
    mimeTypes: ['image/avif'],
    maxSide: 16_384,
    bits: [8],
    alpha: true,
    quality: 60,
    choices: ['effort'],
  },
} as const satisfies Record<string, OutputFormatRow>;

interface OutputFormatRow {
  readonly label: string;
  /** Of the files that are written, and others by which files of the format go. */
  readonly extension: string;
  readonly alsoNamed: readonly string[];
  /** What it is called among media types; a desktop may know it by any of them. */
  readonly mimeTypes: readonly string[];
  readonly maxSide: number;
  readonly bits: readonly (8 | 16)[];
  readonly alpha: boolean;
  /** 1…100, or null where the format is always lossless. */
  readonly quality: number | null;
  /** The options that concern it alone, beside quality. */
  readonly choices: readonly ('depth' | 'compression' | 'effort')[];
}

export type OutputFormat = keyof typeof outputFormats;
export const outputFormatNames = Object.keys(outputFormats) as [OutputFormat, ...OutputFormat[]];
