import type { Bytes } from '../image/file-bytes.ts';
import type { CodedColour, Coding } from './container.ts';
import { boxesIn, readLocations, topBoxes, type Box, type Extent } from './heif.ts';

/** What a HEIF file is made of: items, what each is, its properties, and what points to what (ISO/IEC 23008-12 §6, 9.3). */
export class Items {
  readonly primary: number;
  /** Item → its kind, such as `av01`, `grid`, `Exif`. */
  readonly kinds: ReadonlyMap<number, string>;
  /** Item of kind `mime` → its media type. */
  readonly mediaTypes: ReadonlyMap<number, string>;
  readonly #hidden: ReadonlySet<number>;
  readonly #references: readonly Reference[];
  readonly #associations: ReadonlyMap<number, readonly Association[]>;
  readonly #extents: ReadonlyMap<number, readonly Extent[]>;
  readonly #properties: readonly Box[];
  readonly #meta: Buffer;
  readonly #metaAt: number;

  private constructor(meta: Buffer, metaAt: number) {
    const boxes = boxesIn(meta, 4, meta.length);
    const content = (type: string): Reading | null => {
      const box = boxes.find((each) => each.type === type);
      return box === undefined ? null : new Reading(meta, box.content, box.end);
    };
    this.#meta = meta;
    this.#metaAt = metaAt;
    this.primary = content('pitm')?.versioned((reading, version) => reading.take(version === 0 ? 2 : 4)) ?? 0;
    const infos = content('iinf')?.versioned(readInfos) ?? [];
    this.kinds = new Map(infos.map(({ item, kind }) => [item, kind]));
    this.mediaTypes = new Map(infos.flatMap(({ item, kind, rest }) => (kind === 'mime' ? [[item, rest.split('\0')[1] ?? '']] : [])));
    this.#hidden = new Set(infos.flatMap(({ item, hidden }) => (hidden ? [item] : [])));
    this.#references = content('iref')?.versioned(readReferences) ?? [];
    const iprp = boxes.find(({ type }) => type === 'iprp');
    const within = iprp === undefined ? [] : boxesIn(meta, iprp.content, iprp.end);
    const container = within.find(({ type }) => type === 'ipco');
    this.#properties = container === undefined ? [] : boxesIn(meta, container.content, container.end);
    const associations = within
      .filter(({ type }) => type === 'ipma')
      .flatMap(({ content: at, end }) => new Reading(meta, at, end).versioned(readAssociations));
    const byItem = new Map<number, Association[]>();
    for (const association of associations) {
      const known = byItem.get(association.item);
      if (known) known.push(association);
      else byItem.set(association.item, [association]);
    }
    this.#associations = byItem;
    this.#extents = placesOf(meta, metaAt, boxes);
  }

  static of(file: Bytes): Items | null {
    const meta = [...topBoxes(file)].find(({ type }) => type === 'meta');
    if (meta === undefined || meta.end - meta.content > maximumMetaBytes) return null;
    try {
      return new Items(file.read(meta.content, meta.end - meta.content), meta.content);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** All references of a kind. */
  references(kind: string): readonly Reference[] {
    return this.#references.filter(({ type }) => type === kind);
  }

  /** Where an item's bytes lie in the file; none where it is made of others, or is not there. */
  extents(item: number): readonly Extent[] {
    return this.#extents.get(item) ?? [];
  }

  /** Contents of an item's properties of a kind. */
  properties(item: number, kind: string): Buffer[] {
    return this.#of(item)
      .map(({ property }) => this.#properties[property - 1])
      .filter((box) => box?.type === kind)
      .map((box) => this.#meta.subarray(box!.content, box!.end));
  }

  /** Where in the file it is written that an item has a property of these kinds, and how it is spelled that it has none. */
  associationsAt(item: number, kinds: readonly string[]): { at: number; bytes: number }[] {
    return this.#of(item)
      .filter(({ property }) => kinds.includes(this.#properties[property - 1]?.type ?? ''))
      .map(({ at, bytes }) => ({ at: this.#metaAt + at, bytes }));
  }

  /** The items that `item` points to, or that point to it. */
  to(item: number, kind: string): number[] {
    return this.#references.filter(({ from, type }) => from === item && type === kind).flatMap(({ to }) => to);
  }

  from(item: number, kind: string): number[] {
    return this.#references.filter(({ to, type }) => to.includes(item) && type === kind).map(({ from }) => from);
  }

  /** Pictures that a person would be shown: not tiles of another, small copies, or planes that belong to another. */
  pictures(): number {
    const belongs = new Set([
      ...this.#references.filter(({ type }) => type === 'dimg').flatMap(({ to }) => to),
      ...this.#references.filter(({ type }) => type === 'thmb' || type === 'auxl').map(({ from }) => from),
      ...this.#hidden,
    ]);
    const shown = [...this.kinds].filter(([item, kind]) => pictureKinds.includes(kind) && (item === this.primary || !belongs.has(item)));
    return Math.max(1, shown.length);
  }

  #of(item: number): readonly Association[] {
    return this.#associations.get(item) ?? [];
  }
}

/** Item → where its bytes lie in the file. */
function placesOf(meta: Buffer, metaAt: number, boxes: readonly Box[]): Map<number, readonly Extent[]> {
  const [iloc, idat] = ['iloc', 'idat'].map((type) => boxes.find((box) => box.type === type));
  const locations = iloc ? readLocations(meta, iloc) : [];
  return new Map(
    locations.map(({ item, construction, extents }) => {
      const shift = construction === 1 && idat ? metaAt + idat.content : 0;
      return [item, extents.map(({ offset, length }) => ({ offset: offset + shift, length }))];
    }),
  );
}

const maximumMetaBytes = 16 << 20;
const pictureKinds: readonly string[] = ['av01', 'hvc1', 'hev1', 'avc1', 'vvc1', 'jpeg', 'j2k1', 'unci', 'grid', 'iden', 'iovl'];

interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

interface Association {
  readonly item: number;
  /** Counted from 1. */
  readonly property: number;
  /** Where it stands. */
  readonly at: number;
  readonly bytes: number;
}

/** Numbers one after the other. Reading beyond the end throws a RangeError. */
class Reading {
  at: number;
  readonly #bytes: Buffer;
  readonly #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  take(size: number): number {
    if (this.at + size > this.#end) throw new RangeError('a box that ends too early');
    const value = this.#bytes.readUIntBE(this.at, size);
    this.at += size;
    return value;
  }

  /** What follows the version and flags of a full box. */
  versioned<Value>(read: (reading: Reading, version: number, flags: number) => Value): Value {
    const version = this.take(1);
    return read(this, version, this.take(3));
  }

  /** The boxes from here on. */
  boxes(): { type: string; reading: Reading }[] {
    return boxesIn(this.#bytes, this.at, this.#end).map(({ type, content, end }) => ({
      type,
      reading: new Reading(this.#bytes, content, end),
    }));
  }

  rest(): string {
    return this.#bytes.toString('latin1', this.at, this.#end);
  }

  text(length: number): string {
    this.at += length;
    return this.#bytes.toString('latin1', this.at - length, this.at);
  }
}

function readInfos(reading: Reading, version: number): { item: number; kind: string; rest: string; hidden: boolean }[] {
  reading.take(version === 0 ? 2 : 4);
  return reading.boxes().flatMap(({ type, reading: entry }) =>
    type !== 'infe'
      ? []
      : entry.versioned((info, infoVersion, flags) => {
          if (infoVersion < 2) return [];
          const item = info.take(infoVersion === 2 ? 2 : 4);
          info.take(2);
          return [{ item, kind: info.text(4), rest: info.rest(), hidden: (flags & 1) === 1 }];
        }),
  );
}

function readReferences(reading: Reading, version: number): Reference[] {
  const size = version === 0 ? 2 : 4;
  return reading.boxes().map(({ type, reading: entry }) => {
    const from = entry.take(size);
    return { type, from, to: Array.from({ length: entry.take(2) }, () => entry.take(size)) };
  });
}

function readAssociations(reading: Reading, version: number, flags: number): Association[] {
  const bytes = (flags & 1) === 1 ? 2 : 1;
  const found: Association[] = [];
  for (let entries = reading.take(4); entries > 0; entries -= 1) {
    const item = reading.take(version === 0 ? 2 : 4);
    for (let count = reading.take(1); count > 0; count -= 1) {
      const { at } = reading;
      // The first bit says whether a reader must know the property.
      found.push({ item, property: reading.take(bytes) & (bytes === 2 ? 0x7fff : 0x7f), at, bytes });
    }
  }
  return found;
}

/** How a file without an ICC profile says that the colours of its primary picture are meant (`colr` of type `nclx`), or null. */
export function codedColour(file: Bytes): CodedColour | null {
  const items = Items.of(file);
  if (items === null) return null;
  // A grid may leave it to its tiles.
  const [tile] = items.to(items.primary, 'dimg');
  const colours = [items.primary, ...(tile === undefined ? [] : [tile])].flatMap((item) => items.properties(item, 'colr'));
  const coded = colours.find((colour) => colour.length >= 8 && colour.toString('latin1', 0, 4) === 'nclx');
  return coded ? { primaries: coded.readUInt16BE(4), transfer: coded.readUInt16BE(6) } : null;
}

const turns: readonly string[] = ['irot', 'imir'];

/**
 * How a HEIF picture is coded. Decoders turn the opacity as its own item says and not as that of the colours does: where only these are
 * turned, neither is by the decoder, and both are afterwards.
 */
export function coding(file: Bytes): Coding {
  const items = Items.of(file);
  if (items === null) return {};
  const { primary } = items;
  const pictures = items.pictures();
  const turn = turnOf(items, primary);
  const opacity = items.from(primary, 'auxl').find((item) => items.properties(item, 'auxC').some(isOpacity));
  if (opacity === undefined || turn === 1 || turnOf(items, opacity) !== 1) return { pictures };
  const unturned = (from: Bytes): Uint8Array => {
    const bytes = Buffer.from(from.read(0, from.length));
    for (const place of items.associationsAt(primary, turns)) bytes.fill(0, place.at, place.at + place.bytes);
    return bytes;
  };
  return { pictures, orientation: turn, bytes: unturned };
}

const isOpacity = (auxiliary: Buffer): boolean => /:alpha|auxid:1\0/.test(auxiliary.toString('latin1'));

/** EXIF orientation of a turn against the clock by `irot` (quarters), then a mirroring by `imir` (none, rows, columns). */
const orientations: readonly (readonly [number, number, number])[] = [
  [1, 4, 2],
  [8, 5, 7],
  [3, 2, 4],
  [6, 7, 5],
];

function turnOf(items: Items, item: number): number {
  const quarters = (items.properties(item, 'irot')[0]?.[0] ?? 0) & 3;
  const mirror = items.properties(item, 'imir')[0]?.[0];
  return orientations[quarters]![mirror === undefined ? 0 : 1 + (mirror & 1)]!;
}

/** How many frames a film of pictures has (ISO/IEC 14496-12 §8.7.3); null where the file holds none. */
export function filmFrames(file: Bytes): number | null {
  const moov = [...topBoxes(file)].find(({ type }) => type === 'moov');
  if (moov === undefined || moov.end - moov.content > maximumMetaBytes) return null;
  const bytes = file.read(moov.content, moov.end - moov.content);
  let counts = 0;
  for (const track of boxesIn(bytes, 0, bytes.length).filter(({ type }) => type === 'trak')) {
    let within: Box | undefined = track;
    for (const type of ['mdia', 'minf', 'stbl', 'stsz']) {
      within = within && boxesIn(bytes, within.content, within.end).find((box) => box.type === type);
    }
    if (within !== undefined && within.content + 12 <= within.end) counts = Math.max(counts, bytes.readUInt32BE(within.content + 8));
  }
  return counts > 0 ? counts : null;
}
