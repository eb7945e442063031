import type { Metadata, Sharp } from 'sharp';
import type { Bytes } from '../image/file-bytes.ts';
import type { Rectangle, Samples } from '../image/pixels.ts';
import type { StripShape } from '../tiff/strips.ts';
import type { Part } from './parts.ts';
import type { Sentence } from '../../shared/sentence.ts';

/**
 * A file format for photos: all that is known of it, in one object. Activities (inspecting, writing, verifying …) ask it and know no
 * format by name. What people see of a format that is written (label, extension, sizes) is its row in `src/shared/output-formats.ts`.
 */
export interface Container {
  /** Whether a file that begins with these bytes, as Latin-1 text, is one. */
  begins(head: string): boolean;
  /**
   * Looks for files that begin as one and are no photos.
   * @throws Problem unsupported-image
   */
  refuse?(file: Bytes): void;
  /** Every block, in the order of the file; ends where the file is cut off or makes no sense. */
  walk(file: Bytes): Iterable<Block>;
  /** What is in the file beside the picture. Never decodes pixels. */
  read(file: Bytes, header: Metadata): Contents;
  /** How a file without a profile says that its colours are meant; absent where the format has no way to. */
  readonly codedColour?: (file: Bytes) => CodedColour | null;
  /** How its picture is coded, where sharp does not see it. Never decodes pixels. */
  coding?(file: Bytes): Coding;
  /** How much of its first picture the file has data for, 0…1, where the decoder would not tell. */
  heldShare?(file: Bytes): number;
  /** What further pictures in the file are: frames of a film, pages, or others beside the one that counts. */
  readonly others: 'frames' | 'pages' | 'pictures';
  /** Every value is kept, always. */
  readonly lossless: boolean;
}

/** A piece of a file as its format cuts it: a segment, a chunk, a box, an entry of a directory. */
export interface Block {
  /** As the format names it: `APP1`, `iTXt`, `EXIF`, `meta`, `34675`. */
  readonly kind: string;
  /** Position and length of its content in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** What travels with a picture from file to file, as it stands in the file. */
export interface Carried {
  /** A TIFF stream, from its `II`/`MM` on. */
  readonly exif: Uint8Array | null;
  /** An XMP packet, UTF-8. */
  readonly xmp: Uint8Array | null;
  /** Further JPEG APP1 payloads of an XMP too long for one (XMP specification part 3 §1.1.3.1). */
  readonly extendedXmp: readonly Uint8Array[];
  /** Photoshop image resources (`8BIM` blocks), where IPTC lives in JPEG files. */
  readonly resources: Uint8Array | null;
  /** Text of JPEG comment segments. */
  readonly comments: readonly Uint8Array[];
  /** PNG chunks of text and of colour meaning, as they stand. */
  readonly pngText: readonly Chunk[];
  readonly pngColour: readonly Chunk[];
  /** How colours are meant, where no profile says it and they are not those of sRGB. */
  readonly coded: CodedColour | null;
  /** Dots per inch, where the file states them. */
  readonly dpi: number | null;
}

export interface Chunk {
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Contents extends Carried {
  /** Whether every value was kept, in a format that can do both. */
  readonly lossless: boolean;
  /** About 1…100, where it can be told. */
  readonly quality: number | null;
  /** 1…8, where sharp does not see it. */
  readonly orientation: number | null;
  /** What is there that sharp does not see: `EXIF`, `comment` … */
  readonly names: readonly string[];
}

/** What of the coding of a picture sharp leaves out. */
export interface Coding {
  /** What the samples of a pixel after its colours are; absent: opacity, if there is one. */
  readonly extraSamples?: readonly ('alpha' | 'other')[] | undefined;
  /** The part of the canvas that the picture fills; absent: all of it. */
  readonly frame?: Rectangle | undefined;
  /** The turn 1…8 (as EXIF has it) that is left to do after decoding; absent: as sharp says. */
  readonly orientation?: number | undefined;
  /** Frames of a film, where its format has pictures that are none. */
  readonly frames?: number | undefined;
  /** Whether a profile is in the file, which sharp may not have made sense of. */
  readonly hasProfile?: boolean | undefined;
  /** Pictures that a person would be shown, where sharp counts others too. */
  readonly pictures?: number | undefined;
  /** What is decoded in place of the file as it stands. */
  readonly bytes?: ((file: Bytes) => Uint8Array) | undefined;
}

/** Code points of ITU-T H.273. */
export interface CodedColour {
  readonly primaries: number;
  readonly transfer: number;
}

/** A format that results are written in. */
export interface OutputContainer extends Container {
  /** The kind of the private block by which results are known again; its content begins with {@link markText}. */
  readonly mark: string;
  readonly room: Room;
  /** Grey pictures are written as colours. */
  readonly colourOnly: boolean;
  /** From which complaint of its decoder on a result counts as damaged. */
  readonly failOn: 'warning' | 'error';
  /** An upper bound for what a pixel takes in a result. */
  mostBytesPerPixel(picture: Depth): number;
  /** What a pixel of an enlarged photograph in three colours takes at the default quality: an estimate for people. */
  readonly likelyBytesPerPixel: number;
  /** Memory that its encoder takes for each pixel of the picture; 0 where it holds some rows only. Measured on 192 megapixels. */
  readonly encoderBytesPerPixel: number;
  readonly write: Encoding | StraightWriter;
}

export interface Depth {
  /** Samples of a pixel, and bits of a sample. */
  readonly samples: number;
  readonly bits: 8 | 16;
}

/** Through an encoder of sharp's, whose file is taken apart and put together again with what goes with the picture. */
export interface Encoding {
  encode(image: Sharp, how: { readonly quality: number | null; readonly chroma: '4:4:4' | '4:2:0' }): Sharp;
  parts(encoded: Bytes, attachments: Attachments, picture: StripShape): Part[];
}

/**
 * Straight from the rows into the file at `to`, which must not exist.
 * @returns what could not be kept
 */
export type StraightWriter = (picture: FinishedPicture, attachments: Attachments, to: string) => Promise<Sentence[]>;

export interface FinishedPicture extends StripShape {
  /** Rows with the alpha sample, where there is one, after the colours of each pixel. */
  readRows(top: number, rows: number): Promise<Samples>;
}

/** What a format has a place for, and how many bytes it takes. */
export interface Room {
  readonly exif: number;
  readonly xmp: number;
  readonly extendedXmp: boolean;
  /** Photoshop image resources. */
  readonly resources: boolean;
  /** Among the resources, in a place of its own, or nowhere. */
  readonly iptc: 'resources' | 'apart' | null;
  readonly comments: boolean;
  readonly pngText: boolean;
  readonly coded: boolean;
  readonly dpi: boolean;
}

/** Of formats that know EXIF and XMP, of any length, and nothing else. */
export const roomForExifAndXmp: Room = {
  exif: Infinity,
  xmp: Infinity,
  extendedXmp: false,
  resources: false,
  iptc: null,
  comments: false,
  pngText: false,
  coded: false,
  dpi: false,
};

/** What goes into the result beside the picture, already made true for it. Null or empty: nothing of the kind. */
export interface Attachments extends Carried {
  /** IPTC records alone, where they have a place of their own. */
  readonly iptc: Uint8Array | null;
  readonly icc: Uint8Array | null;
}

/**
 * What the private block of a result says. Programs that edit a picture drop blocks they do not know, so an edited result counts as the
 * person's own file.
 */
export const markText = Buffer.from('Onestep result\0', 'latin1');

const photoshopPrefix = 'Photoshop 3.0\0';

/** What sharp's header says of what goes with the picture; the formats add what it does not see. */
export function headerContents({ exif, xmp, iptc, density }: Metadata): Contents {
  return {
    exif: exif === undefined ? null : exifStream(exif),
    xmp: xmp ?? null,
    extendedXmp: [],
    resources: iptc?.toString('latin1', 0, photoshopPrefix.length) === photoshopPrefix ? iptc.subarray(photoshopPrefix.length) : null,
    comments: [],
    pngText: [],
    pngColour: [],
    coded: null,
    // sharp gives 72 where a file says nothing, which is not a statement.
    dpi: density === undefined || density === 72 ? null : density,
    lossless: false,
    quality: null,
    orientation: null,
    names: [],
  };
}

/** EXIF blocks begin with `Exif\0\0` in JPEG files and, by habit, in some others. */
export function exifStream(block: Uint8Array): Uint8Array {
  const marked = Buffer.from(block.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  return Uint8Array.from(marked ? block.subarray(6) : block);
}
