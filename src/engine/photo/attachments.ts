import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Attachments, Chunk, CodedColour, Room } from '../containers/container.ts';
import { iptcRecords, patchResources } from '../containers/photoshop.ts';
import { containers } from '../containers/table.ts';
import { exifContents, hasResolution, patchExif } from '../tiff/exif.ts';
import { codedName, profileFits } from './colour.ts';
import type { PhotoMetadata } from './open.ts';

export interface AttachmentReport {
  readonly attachments: Attachments;
  readonly kept: readonly Sentence[];
  readonly lost: readonly Sentence[];
}

interface ResultShape {
  readonly width: number;
  readonly height: number;
  /** Null keeps the source's. */
  readonly dpi: number | null;
  /** Of the file that is written: a grey profile fits only a grey picture. */
  readonly channels: 1 | 3;
}

/** Decides what of the source's metadata goes into a result of this format and size. */
export function attach(metadata: PhotoMetadata, format: OutputFormat, result: ResultShape): AttachmentReport {
  const ledger = new Ledger(outputFormats[format].label);
  const { room } = containers[format];
  const exif = exifFor(metadata.exif, result, room, ledger);
  const xmp = metadata.xmp && ledger.within(sentence('part.xmp'), patchXmp(metadata.xmp, result), room.xmp);
  const extendedXmp = ledger.list(sentence('part.extendedXmp'), metadata.extendedXmp, room.extendedXmp);
  const { resources, iptc } = resourcesFor(metadata.resources, result.dpi, room, ledger);
  const icc = metadata.icc && profileFits(metadata.icc, result.channels) ? metadata.icc : null;
  if (icc) ledger.keep(sentence('part.profile'));
  const dpi = result.dpi ?? metadata.dpi;
  if (dpi !== null) ledger.keepIf(room.dpi || (exif !== null && hasResolution(exif)), sentence('part.dpi'));
  const comments = ledger.list(sentence('part.comment'), metadata.comments, room.comments);
  const pngText = ledger.list(sentence('part.pngText'), metadata.pngText, room.pngText);
  const coded = codedFor(metadata, room, ledger);
  ledger.keep(sentence('part.times'));
  return {
    attachments: {
      exif,
      xmp,
      extendedXmp: xmp === null ? [] : extendedXmp,
      resources,
      iptc,
      icc,
      comments,
      pngText,
      pngColour: room.pngText ? metadata.pngColour : [],
      coded,
      dpi,
    },
    kept: ledger.kept,
    lost: ledger.lost,
  };
}

/** What is kept and what is lost, as it is found out. */
class Ledger {
  readonly kept: Sentence[] = [];
  readonly lost: Sentence[] = [];
  readonly #label: string;

  /** `label`: what people call the result's format. */
  constructor(label: string) {
    this.#label = label;
  }

  keep(...what: readonly Sentence[]): void {
    this.kept.push(...what);
  }

  lose(what: Sentence): void {
    this.lost.push(what);
  }

  keepIf(hasPlace: boolean, part: Sentence): void {
    if (hasPlace) this.keep(part);
    else this.lose(sentence('lost.noPlace', { part, format: this.#label }));
  }

  /** The bytes, or null where the format cannot hold as many. */
  within(part: Sentence, bytes: Uint8Array, limit: number): Uint8Array | null {
    if (bytes.length > limit) {
      this.lose(sentence('lost.tooLong', { part, bytes: bytes.length, format: this.#label }));
      return null;
    }
    this.keep(part);
    return bytes;
  }

  /** The items, or none where the format has no place for them. */
  list<Item>(part: Sentence, items: readonly Item[], hasPlace: boolean): readonly Item[] {
    if (items.length > 0) this.keepIf(hasPlace, part);
    return hasPlace ? items : [];
  }
}

/** How colours are meant goes with the picture where the format has a place for it. */
function codedFor({ coded, pngColour }: PhotoMetadata, room: Room, ledger: Ledger): CodedColour | null {
  if (coded !== null && room.coded) ledger.keep(sentence('part.codedColour'));
  else if (coded !== null) ledger.lose(sentence('lost.colour', { name: codedName(coded) }));
  else if (!room.pngText && pngColour.some(saysMoreThanSrgb)) ledger.keepIf(false, sentence('part.pngColour'));
  return room.coded ? coded : null;
}

function exifFor(block: Uint8Array | null, result: ResultShape, room: Room, ledger: Ledger): Uint8Array | null {
  if (block === null) return null;
  const patched = patchExif(block, result);
  if (patched === null) {
    ledger.lose(sentence('lost.malformed', { part: sentence('part.exif') }));
    return null;
  }
  if (patched.hadThumbnail) ledger.lose(sentence('lost.thumbnail'));
  const fitting = ledger.within(sentence('part.exif'), patched.exif, room.exif);
  if (fitting !== null) ledger.keep(...exifContents(fitting));
  return fitting;
}

/** IPTC goes with the resources unless the format has a place of its own for it. */
function resourcesFor(block: Uint8Array | null, dpi: number | null, room: Room, ledger: Ledger): Pick<Attachments, 'resources' | 'iptc'> {
  if (block === null) return { resources: null, iptc: null };
  const iptc = iptcRecords(block);
  if (iptc !== null) ledger.keepIf(room.iptc !== null, sentence('part.iptc'));
  const withIptc = !(room.resources && room.iptc === 'apart');
  const resources = patchResources(block, { dpi, withIptc });
  if (resources.length > 0) ledger.keepIf(room.resources, sentence('part.resources'));
  return {
    resources: room.resources && resources.length > 0 ? resources : null,
    iptc: room.iptc === 'apart' ? iptc : null,
  };
}

/** 1/2.2 in the unit of the gAMA chunk: what sRGB files say for old readers. */
const srgbGamma = 45_455;
const saysMoreThanSrgb = ({ type, bytes }: Chunk): boolean =>
  type === 'cICP' || (type === 'gAMA' && bytes.length === 4 && bytes.readUInt32BE(0) !== srgbGamma);

/** XMP properties that describe the pixels (XMP specification part 2 §3: tiff and exif schemas), and their new values. */
const replacements = (result: { width: number; height: number }): Readonly<Record<string, number>> => ({
  'tiff:Orientation': 1,
  'tiff:ImageWidth': result.width,
  'tiff:ImageLength': result.height,
  'exif:PixelXDimension': result.width,
  'exif:PixelYDimension': result.height,
});

/**
 * An XMP packet for the enlarged picture: upright, with the new size, without thumbnails and without the announcement
 * of an HDR gain map (which the result does not have). All else keeps its text.
 */
function patchXmp(packet: Uint8Array, result: { width: number; height: number; dpi: number | null }): Uint8Array {
  const original = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  // UTF-16 packets are allowed and do not occur in photos; they are left as they are.
  if (original.includes(0)) return packet;
  let text = original.toString('utf8');
  for (const [name, value] of Object.entries(replacements(result))) text = setProperty(text, name, String(value));
  if (result.dpi !== null) {
    const dpi = `${Math.round(result.dpi * 1000)}/1000`;
    text = setProperty(setProperty(setProperty(text, 'tiff:XResolution', dpi), 'tiff:YResolution', dpi), 'tiff:ResolutionUnit', '2');
  }
  text = text.replace(/<xmp:Thumbnails>[^]*?<\/xmp:Thumbnails>/g, '').replace(/\s+hdrgm:Version=("[^"]*"|'[^']*')/g, '');
  return Buffer.from(text);
}

/** A simple property may be written as an attribute or as an element. */
function setProperty(text: string, name: string, value: string): string {
  return text
    .replace(new RegExp(`(\\s${name}\\s*=\\s*)("[^"]*"|'[^']*')`, 'g'), `$1"${value}"`)
    .replace(new RegExp(`(<${name}>)[^<]*(</${name}>)`, 'g'), `$1${value}$2`);
}
