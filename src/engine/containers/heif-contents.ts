import type { Bytes } from '../image/file-bytes.ts';
import { exifDensity } from '../tiff/exif.ts';
import { bare, exifStream, markText, maximumHeldBytes, namesOf, type Block, type Contents, type Holding } from './container.ts';
import { topBoxes, type Extent } from './heif.ts';
import { Items } from './heif-items.ts';

/** What boxes of a file hold; those of `meta` are looked into. */
const boxes: Readonly<Record<string, Holding>> = {
  ...Object.fromEntries(
    ['ftyp', 'meta', 'mdat', 'idat', 'free', 'skip', 'moov', 'styp', 'sidx', 'moof'].map((type) => [type, 'picture'] as const),
  ),
  // Of motion photos.
  mpvd: 'film',
  jumb: 'credentials',
};
/** C2PA 2.1 §A.5: the extended type of the box of a manifest store. */
const credentialsType = 'd8fec3d61b0e483c92975828877ec481';

/** The boxes of a file, and after them its items other than the pictures that make up the one that counts. */
export function* walkItems(file: Bytes): Generator<Block> {
  let end = 0;
  for (const { type, content, end: after } of topBoxes(file)) {
    const isStore = type === 'uuid' && file.read(content, 16).toString('hex') === credentialsType;
    const isMark = type === 'free' && file.read(content, markText.length).equals(markText);
    yield {
      kind: type,
      offset: content,
      bytes: after - content,
      holds: isStore ? 'credentials' : isMark ? 'mark' : (boxes[type] ?? 'other'),
    };
    end = after;
  }
  if (end < file.length) yield { kind: 'trailer', offset: end, bytes: file.length - end, holds: 'trailer' };
  for (const { kind, extents, holds } of itemsIn(file)) {
    const [first] = extents;
    if (holds === 'picture' || first === undefined) continue;
    yield { kind, offset: first.offset, bytes: extents.reduce((sum, { length }) => sum + length, 0), holds };
  }
}

export function readItems(file: Bytes): Contents {
  const items = itemsIn(file);
  const held = (holds: Holding): Buffer | null => {
    const found = items.find((item) => item.holds === holds);
    const bytes = found?.extents.reduce((sum, { length }) => sum + length, 0) ?? 0;
    return found && bytes > 0 && bytes <= maximumHeldBytes
      ? Buffer.concat(found.extents.map(({ offset, length }) => file.read(offset, length)))
      : null;
  };
  const block = held('exif');
  // The position of the TIFF stream comes first.
  const exif = block && block.length > 8 ? exifStream(block.subarray(Math.min(block.length, 4 + block.readUInt32BE(0)))) : null;
  const xmp = held('xmp');
  return {
    ...bare,
    exif,
    xmp,
    icc: profileIn(file),
    // Its own properties have turned it.
    orientation: 1,
    density: exif && exifDensity(exif),
    names: namesOf({ EXIF: exif, XMP: xmp, 'gain map': items.some(({ holds }) => holds === 'gainMap') || null }),
  };
}

/** The profile of the primary picture, or of the first tile of its grid. */
function profileIn(file: Bytes): Buffer | null {
  const items = Items.of(file);
  if (items === null) return null;
  const found = [items.primary, ...items.to(items.primary, 'dimg').slice(0, 1)]
    .flatMap((item) => items.properties(item, 'colr'))
    .find((colour) => ['prof', 'rICC'].includes(colour.toString('latin1', 0, 4)));
  return found ? Buffer.from(found.subarray(4)) : null;
}

interface HeldItem {
  readonly kind: string;
  readonly extents: readonly Extent[];
  readonly holds: Holding;
}

function itemsIn(file: Bytes): HeldItem[] {
  const items = Items.of(file);
  if (items === null) return [];
  const holdings = holdingsOf(items);
  const seen = new Set<Holding>();
  return [...items.kinds].map(([item, kind]) => {
    const holds = holdings.get(item) ?? 'other';
    const isAnother = (holds === 'exif' || holds === 'xmp') && seen.has(holds);
    seen.add(holds);
    const media = items.mediaTypes.get(item);
    return {
      kind: media === undefined ? kind.trim() : `${kind} (${media})`,
      extents: items.extents(item),
      holds: isAnother ? 'other' : holds,
    };
  });
}

const packetType = 'application/rdf+xml';
const pictureKinds: readonly string[] = ['av01', 'hvc1', 'hev1', 'avc1', 'vvc1', 'jpeg', 'j2k1', 'unci', 'grid', 'iden', 'iovl'];

/** What each item holds. An item that describes another, or is a piece of it, goes with it. */
function holdingsOf(items: Items): Map<number, Holding> {
  const holdings = new Map<number, Holding>([[items.primary, 'picture']]);
  const give = (item: number, holds: Holding | undefined): void => {
    if (holds !== undefined && !holdings.has(item)) holdings.set(item, holds);
  };
  const givePieces = (): void => {
    for (const { from, to } of items.references('dimg')) for (const item of to) give(item, holdings.get(from));
  };
  for (const [item, kind] of items.kinds) if (kind === 'tmap') give(item, 'gainMap');
  givePieces();
  for (const { from } of items.references('thmb')) give(from, 'copies');
  for (const { from, to } of items.references('auxl')) {
    const names = items.properties(from, 'auxC').map((content) => content.toString('latin1', 4).split('\0')[0]);
    give(from, auxiliaryHolds(names[0] ?? '', to.includes(items.primary)));
  }
  // A grid of an auxiliary picture has pieces of its own.
  givePieces();
  for (const { from, to } of items.references('cdsc')) {
    give(
      from,
      to.map((item) => holdings.get(item)).find((holds) => holds !== undefined && holds !== 'picture'),
    );
  }
  for (const [item, kind] of items.kinds) {
    if (kind === 'Exif') give(item, 'exif');
    else if (items.mediaTypes.get(item) === packetType) give(item, 'xmp');
    else if (pictureKinds.includes(kind)) give(item, 'pictures');
  }
  return holdings;
}

/** By the name of its kind, which is a URN (ISO/IEC 23008-12 §6.5.8, and Apple's own). */
function auxiliaryHolds(urn: string, isOfPrimary: boolean): Holding {
  if (/alpha|:hevc:2015:auxid:1$/.test(urn)) return isOfPrimary ? 'picture' : 'pictures';
  if (/gainmap/i.test(urn)) return 'gainMap';
  if (/depth|disparity|:hevc:2015:auxid:2$/.test(urn)) return 'depth';
  return 'other';
}
