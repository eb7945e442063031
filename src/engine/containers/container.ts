import type { Sharp } from 'sharp';
import type { Bytes } from '../image/file-bytes.ts';
import type { Rectangle, Samples } from '../image/pixels.ts';
import type { StripShape } from '../tiff/strips.ts';
import type { Options } from '../../shared/options.ts';
import type { Part } from './parts.ts';
import { sentence, type Sentence, type WordKey } from '../../shared/sentence.ts';
import type { Density } from '../tiff/exif.ts';

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
  /** Every block up to the picture or, where it takes no more than skipping, of the whole file; ends where that makes no sense. */
  walk(file: Bytes): Iterable<Block>;
  /** Blocks behind the picture, where finding them means going through all of it. */
  beyond?(file: Bytes): Iterable<Block>;
  /** What is in the file beside the picture. Never decodes pixels. */
  read(file: Bytes): Contents;
  /** How a file without a profile says that its colours are meant; absent where the format has no way to. */
  readonly codedColour?: (file: Bytes) => CodedColour | null;
  /** How its picture is coded, where sharp does not see it. Never decodes pixels. Has read what it needs before it waits. */
  coding?(file: Bytes): Coding | Promise<Coding>;
  /** How much of its first picture the file has data for, 0…1, where the decoder would not tell. */
  heldShare?(file: Bytes): number;
  /** More pixels than a file of this length can hold data for, however flat they are. */
  pixelsAtMost?(file: Bytes): number;
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
  readonly holds: Holding;
}

/** What a block holds. Each has a place in {@link Carried}, or a sentence among what is left out. */
export type Holding = 'picture' | 'mark' | 'density' | keyof Carried | 'icc' | keyof typeof leftOut | 'pictures' | 'trailer' | 'other';

/** What goes into no result, and what people are told of it. */
const leftOut = {
  thumbnail: 'lost.thumbnail',
  copies: 'lost.copies',
  film: 'lost.film',
  gainMap: 'lost.gainMap',
  depth: 'lost.depth',
  credentials: 'lost.credentials',
  layers: 'lost.layers',
} as const satisfies Record<string, WordKey>;

/** What of a file is in no result, whatever its format. */
export function leftOutOf(container: Container, file: Bytes): Sentence[] {
  const blocks = [...container.walk(file), ...(container.beyond?.(file) ?? [])];
  const holding = new Set(blocks.map(({ holds }) => holds));
  const others = new Set(blocks.filter(({ holds }) => holds === 'other').map(({ kind }) => kind));
  const behind = blocks.filter(({ holds }) => holds === 'trailer').reduce((sum, { bytes }) => sum + bytes, 0);
  const pictures = blocks.filter(({ holds }) => holds === 'pictures').length;
  return [
    ...Object.entries(leftOut).flatMap(([what, code]) => (holding.has(what as keyof typeof leftOut) ? [sentence(code)] : [])),
    ...(pictures > 0 ? [sentence('lost.pictures.primary', { more: pictures })] : []),
    ...(others.size > 0 ? [sentence('lost.blocks', { names: [...others] })] : []),
    ...(behind > 0 ? [sentence('lost.trailer', { bytes: behind })] : []),
  ];
}

/** What travels with a picture from file to file, as it stands in the file. */
export interface Carried {
  /** A TIFF stream, from its `II`/`MM` on. */
  readonly exif: Uint8Array | null;
  /** An XMP packet, UTF-8. */
  readonly xmp: Uint8Array | null;
  /** Photoshop image resources (`8BIM` blocks), where IPTC lives in JPEG files. */
  readonly resources: Uint8Array | null;
  /** Text of JPEG comment segments. */
  readonly comments: readonly Uint8Array[];
  /** PNG chunks of text and of colour meaning, as they stand. */
  readonly pngText: readonly Chunk[];
  readonly pngColour: readonly Chunk[];
  /** How colours are meant, where no profile says it and they are not those of sRGB. */
  readonly coded: CodedColour | null;
  /** JPEG application segments in which cameras describe the shot in words (APP12), as they stand. */
  readonly shot: readonly Uint8Array[];
}

export interface Chunk {
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Contents extends Carried {
  /** As the file states them, before the picture is turned. */
  readonly density: Density | null;
  /** A profile that sharp does not see. */
  readonly icc: Uint8Array | null;
  /** How many pictures there are, where sharp does not count them rightly. */
  readonly frames: number | null;
  /** What is malformed, or not whole, and therefore not among the rest. */
  readonly broken: readonly Sentence[];
  /** Whether every value was kept, in a format that can do both. */
  readonly lossless: boolean;
  /** About 1…100, where it can be told. */
  readonly quality: number | null;
  /** 1…8, where sharp does not see it. */
  readonly orientation: number | null;
  /** What further is there, by the names that `info` shows. */
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
  /** Channels that its decoder leaves out. */
  readonly undecoded?: number | undefined;
  /** What is decoded in place of the file as it stands. Has read what it needs before it waits. */
  readonly bytes?: ((file: Bytes) => Uint8Array | Promise<Uint8Array>) | undefined;
  /** The header of that, where making all of it takes long. */
  readonly header?: Uint8Array | undefined;
}

/** Code points of ITU-T H.273. */
export interface CodedColour {
  readonly primaries: number;
  readonly transfer: number;
}

/** A format that results are written in. */
export interface OutputContainer extends Container {
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
  encode(image: Sharp, how: { readonly quality: number | null; readonly chroma: '4:4:4' | '4:2:0' } & Choices): Sharp;
  parts(encoded: Bytes, attachments: Attachments, picture: StripShape): Part[];
}

/**
 * Straight from the rows into the file at `to`, which must not exist.
 * @returns what could not be kept
 */
export type StraightWriter = (picture: FinishedPicture, attachments: Attachments, to: string, choices: Choices) => Promise<Sentence[]>;

/** What of the options only some formats heed. */
export type Choices = Pick<Options, 'compression' | 'effort'>;

export interface FinishedPicture extends StripShape {
  /** Rows with the alpha sample, where there is one, after the colours of each pixel. */
  readRows(top: number, rows: number): Promise<Samples>;
}

/** What a format has a place for, and how many bytes it takes. */
export interface Room {
  readonly exif: number;
  /** Whether a packet, of any length, can be put in. */
  readonly xmp: (packet: Uint8Array) => boolean;
  /** Photoshop image resources. */
  readonly resources: boolean;
  /** Among the resources, in a place of its own, or nowhere. */
  readonly iptc: 'resources' | 'apart' | null;
  /** EXIF tags that the format does not allow: they speak of another's coding. */
  readonly unwanted?: readonly number[];
  readonly comments: boolean;
  readonly pngText: boolean;
  readonly coded: boolean;
  readonly shot: boolean;
  readonly density: boolean;
}

/** Of formats that know EXIF and XMP, of any length, and nothing else. */
export const roomForExifAndXmp: Room = {
  exif: Infinity,
  xmp: () => true,
  resources: false,
  iptc: null,
  comments: false,
  pngText: false,
  coded: false,
  shot: false,
  density: false,
};

/** What goes into the result beside the picture, already made true for it. Null or empty: nothing of the kind. */
export interface Attachments extends Carried {
  /** IPTC records alone, where they have a place of their own. */
  readonly iptc: Uint8Array | null;
  readonly icc: Uint8Array | null;
  /** Of the result's axes. */
  readonly density: Density | null;
}

/**
 * What the private block of a result says, by which it is known again: a block that holds a mark. Programs that edit a picture drop blocks they do not know, so an edited result counts as the
 * person's own file.
 */
export const markText = Buffer.from('Onestep result\0', 'latin1');

/** Nothing beside the picture: what formats begin with. */
export const bare: Contents = {
  exif: null,
  xmp: null,
  resources: null,
  comments: [],
  pngText: [],
  pngColour: [],
  coded: null,
  shot: [],
  density: null,
  icc: null,
  frames: null,
  broken: [],
  lossless: false,
  quality: null,
  orientation: null,
  names: [],
};

/** Names of what is there. */
export const namesOf = (found: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(found).flatMap(([name, value]) => (value === null || value === undefined ? [] : [name]));

/** The content of the first block that holds this, or null. */
export function heldIn(file: Bytes, blocks: readonly Block[], holds: Holding): Buffer | null {
  const found = blocks.find((block) => block.holds === holds && block.bytes <= maximumHeldBytes);
  return found ? file.read(found.offset, found.bytes) : null;
}

/** Blocks larger than this are left out: no honest text, profile or packet is. */
export const maximumHeldBytes = 64 << 20;

/** EXIF blocks begin with `Exif\0\0` in JPEG files and, by habit, in some others. */
export function exifStream(block: Uint8Array): Uint8Array {
  const marked = Buffer.from(block.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  return Uint8Array.from(marked ? block.subarray(6) : block);
}
