/**
 * The types of TIFF values (TIFF 6.0 §2; BigTIFF: the design by AWare Systems): code, bytes of a value, and bytes of the units in it
 * that the byte order turns round.
 */
export const tiffTypes = {
  byte: { code: 1, bytes: 1, unit: 1 },
  ascii: { code: 2, bytes: 1, unit: 1 },
  short: { code: 3, bytes: 2, unit: 2 },
  long: { code: 4, bytes: 4, unit: 4 },
  rational: { code: 5, bytes: 8, unit: 4 },
  sbyte: { code: 6, bytes: 1, unit: 1 },
  undefined: { code: 7, bytes: 1, unit: 1 },
  sshort: { code: 8, bytes: 2, unit: 2 },
  slong: { code: 9, bytes: 4, unit: 4 },
  srational: { code: 10, bytes: 8, unit: 4 },
  float: { code: 11, bytes: 4, unit: 4 },
  double: { code: 12, bytes: 8, unit: 8 },
  ifd: { code: 13, bytes: 4, unit: 4 },
  long8: { code: 16, bytes: 8, unit: 8 },
  ifd8: { code: 18, bytes: 8, unit: 8 },
} as const satisfies Record<string, TiffType>;

export type TiffTypeName = keyof typeof tiffTypes;

interface TiffType {
  readonly code: number;
  readonly bytes: number;
  readonly unit: 1 | 2 | 4 | 8;
}

const byCode: ReadonlyMap<number, TiffType> = new Map(Object.values(tiffTypes).map((type) => [type.code, type]));

/** Null for codes that nothing is known of. */
export const tiffType = (code: number): TiffType | null => byCode.get(code) ?? null;

export interface TiffLayout {
  /** 64-bit positions (BigTIFF). */
  readonly big: boolean;
  readonly littleEndian: boolean;
}

/** What this engine writes for itself: Node runs on little-endian machines only. */
export const ownLayout: TiffLayout = { big: true, littleEndian: true };

/** How the fields of a directory lie: bytes of the count before it, of an entry, and of the values or their position within that. */
export const fieldBytes = ({ big }: Pick<TiffLayout, 'big'>): { count: number; entry: number; values: number } =>
  big ? { count: 8, entry: 20, values: 8 } : { count: 2, entry: 12, values: 4 };

/** Descriptive directories that another one points to: EXIF and GPS from the first, interoperability from EXIF. */
export const pointers = { exif: 0x8769, gps: 0x8825, interoperability: 0xa005 } as const;
