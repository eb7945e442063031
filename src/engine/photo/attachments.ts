import { outputFormats, type OutputFormat } from '../../shared/output-formats.ts';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import type { Attachments, Chunk, CodedColour, Room } from '../containers/container.ts';
import { iptcRecords, patchResources } from '../containers/photoshop.ts';
import { containers } from '../containers/table.ts';
import { turnedPair, type Placement } from '../image/placement.ts';
import { patchExif } from '../tiff/exif-patch.ts';
import { exifContents, exifDensity, type Density } from '../tiff/exif.ts';
import { codedName, profileFits } from './colour.ts';
import type { PhotoMetadata } from './open.ts';
import { patchXmp } from './xmp-patch.ts';

export interface AttachmentReport {
  readonly attachments: Attachments;
  readonly kept: readonly Sentence[];
  readonly lost: readonly Sentence[];
}

interface ResultShape {
  readonly placement: Placement;
  /** Null keeps the source's; a number counts across, and pixels keep their shape. */
  readonly dpi: number | null;
  /** Of the file that is written: a grey profile fits only a grey picture. */
  readonly channels: 1 | 3;
}

/** Decides what of the source's metadata goes into a result of this format and size. */
export function attach(metadata: PhotoMetadata, format: OutputFormat, result: ResultShape): AttachmentReport {
  const ledger = new Ledger(outputFormats[format].label);
  const { room } = containers[format];
  const density = densityFor(metadata, result);
  const exif = exifFor(metadata.exif, result.placement, density, room, ledger);
  const xmp = xmpFor(metadata, result, density, room, ledger);
  const { resources, iptc } = resourcesFor(metadata.resources, density, room, ledger);
  const icc = metadata.icc && profileFits(metadata.icc, result.channels) ? metadata.icc : null;
  if (icc && metadata.hasOwnProfile) ledger.keep(sentence('part.profile'));
  if (density !== null) ledger.keepIf(room.density || (exif !== null && exifDensity(exif) !== null), sentence('part.dpi'));
  const comments = ledger.list(sentence('part.comment'), metadata.comments, room.comments);
  const pngText = ledger.list(sentence('part.pngText'), metadata.pngText, room.pngText);
  const shot = ledger.list(sentence('part.shot'), metadata.shot, room.shot);
  const coded = codedFor(metadata, room, ledger);
  ledger.keep(sentence('part.times'));
  return {
    attachments: {
      exif,
      xmp,
      resources,
      iptc,
      icc,
      comments,
      pngText,
      shot,
      pngColour: room.pngText ? metadata.pngColour : [],
      coded,
      density,
    },
    kept: ledger.kept,
    lost: ledger.lost,
  };
}

/** Dots per inch along the result's axes. */
function densityFor({ density }: PhotoMetadata, { placement, dpi }: ResultShape): Density | null {
  const [x, y] = density === null ? [1, 1] : turnedPair(placement, [density.x, density.y]);
  if (dpi !== null) return { x: dpi, y: (dpi * y) / x };
  return density && { x, y };
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
  within(part: Sentence, bytes: Uint8Array, fits: boolean): Uint8Array | null {
    if (!fits) {
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

function exifFor(block: Uint8Array | null, placement: Placement, density: Density | null, room: Room, ledger: Ledger): Uint8Array | null {
  if (block === null) return null;
  const stated = exifDensity(block);
  const isStated = stated !== null && density !== null && isClose(stated.x, density.x) && isClose(stated.y, density.y);
  const patched = patchExif(block, placement, { density: isStated ? null : density, unwanted: room.unwanted ?? [] });
  if (patched === null) {
    ledger.lose(sentence('lost.malformed', { part: sentence('part.exif') }));
    return null;
  }
  for (const lost of patched.lost) ledger.lose(lost);
  const fitting = ledger.within(sentence('part.exif'), patched.exif, patched.exif.length <= room.exif);
  if (fitting !== null) ledger.keep(...exifContents(fitting));
  return fitting;
}

const isClose = (a: number, b: number): boolean => Math.abs(a - b) < 0.01 * b;

function xmpFor(
  metadata: PhotoMetadata,
  { placement }: ResultShape,
  density: Density | null,
  room: Room,
  ledger: Ledger,
): Uint8Array | null {
  if (metadata.xmp === null) return null;
  const patched = patchXmp(metadata.xmp, placement, { density, isUpright: metadata.orientation !== null });
  if (patched === null) {
    ledger.lose(sentence('lost.malformed', { part: sentence('part.xmp') }));
    return null;
  }
  for (const lost of patched.lost) ledger.lose(lost);
  return ledger.within(sentence('part.xmp'), patched.packet, room.xmp(patched.packet));
}

/** IPTC goes with the resources unless the format has a place of its own for it. */
function resourcesFor(
  block: Uint8Array | null,
  density: Density | null,
  room: Room,
  ledger: Ledger,
): Pick<Attachments, 'resources' | 'iptc'> {
  if (block === null) return { resources: null, iptc: null };
  const found = iptcRecords(block);
  const iptc = found && room.iptc === 'apart' ? padded(found) : found;
  if (iptc !== null) ledger.keepIf(room.iptc !== null, sentence('part.iptc'));
  const withIptc = room.iptc === 'resources';
  const resources = patchResources(block, { density, withIptc, records: withIptc ? null : iptc });
  if (resources.length > 0) ledger.keepIf(room.resources, sentence('part.resources'));
  return {
    resources: room.resources && resources.length > 0 ? resources : null,
    iptc: room.iptc === 'apart' ? iptc : null,
  };
}

/** Records end where their markers do, and may fill up numbers of four bytes. */
const padded = (records: Uint8Array): Uint8Array => Buffer.concat([records, Buffer.alloc(-records.length & 3)]);

/** 1/2.2 in the unit of the gAMA chunk: what sRGB files say for old readers. */
const srgbGamma = 45_455;
const saysMoreThanSrgb = ({ type, bytes }: Chunk): boolean =>
  type === 'cICP' || (type === 'gAMA' && bytes.length === 4 && bytes.readUInt32BE(0) !== srgbGamma);
