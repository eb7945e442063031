import type { Element } from '@xmldom/xmldom';
import { sentence, type Sentence } from '../../shared/sentence.ts';
import { parseXmp, rdf, serialiseXmp, wrapXmp, XmpTree, type XmpProperty } from '../containers/xmp.ts';
import { enlargement, placed, placedPixel, turnedPair, type Placement } from '../image/placement.ts';
import type { Density } from '../tiff/exif.ts';

/** Schemas (XMP specification part 2; MWG guidelines 2.0 §5.9; IPTC Photo Metadata 2023.1; Google's and Microsoft's own pages). */
const schemas = {
  tiff: 'http://ns.adobe.com/tiff/1.0/',
  exif: 'http://ns.adobe.com/exif/1.0/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  develop: 'http://ns.adobe.com/camera-raw-settings/1.0/',
  regions: 'http://www.metadataworkinggroup.com/schemas/regions/',
  area: 'http://ns.adobe.com/xmp/sType/Area#',
  acdseeArea: 'http://ns.acdsee.com/sType/Area#',
  dimensions: 'http://ns.adobe.com/xap/1.0/sType/Dimensions#',
  acdseeDimensions: 'http://ns.acdsee.com/sType/Dimensions#',
  microsoftRegion: 'http://ns.microsoft.com/photo/1.2/t/Region#',
  iptc: 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/',
  panorama: 'http://ns.google.com/photos/1.0/panorama/',
  depth: 'http://ns.google.com/photos/1.0/depthmap/',
  camera: 'http://ns.google.com/photos/1.0/camera/',
  container: 'http://ns.google.com/photos/1.0/container/',
  device: 'http://ns.google.com/photos/dd/1.0/device/',
  oplus: 'http://ns.oplus.com/photos/1.0/camera/',
  gainMap: 'http://ns.adobe.com/hdr-gain-map/1.0/',
  appleGainMap: 'http://ns.apple.com/HDRGainMap/1.0/',
  terms: 'http://purl.org/dc/terms/',
} as const;

export interface PatchedXmp {
  readonly packet: Uint8Array;
  /** What could not follow the pixels. What announced other parts of the file goes with these, and they are told elsewhere. */
  readonly lost: readonly Sentence[];
}

/**
 * An XMP packet for the enlarged picture: upright, with the new size (and `density` where given), with regions, subjects and panoramas
 * moved, and without what announces a film, a gain map, a thumbnail or credentials. All else keeps its text. Null where it is malformed.
 * @param isUpright whether the photo's file said which way is up. Where only its XMP does, no reader turns it, and it stays so.
 */
export function patchXmp(
  packet: Uint8Array,
  placement: Placement,
  { density, isUpright }: { readonly density: Density | null; readonly isUpright: boolean },
): PatchedXmp | null {
  const document = parseXmp(packet);
  if (document === null) return null;
  const tree = new XmpTree(document);
  const lost = [...withoutAnnouncements(tree), ...withoutTurned(tree, placement)];
  if (isUpright) setAll(tree, schemas.tiff, 'Orientation', '1');
  setSizes(tree, placement, density);
  moveSubjects(tree, placement);
  moveRegions(tree, placement);
  scalePanorama(tree, placement);
  const isWrapped = !wrapXmp(document);
  return { packet: tree.changed || !isWrapped ? serialiseXmp(document) : packet, lost };
}

/** What the XMP of a photo says of other parts of its file, none of which are in the result. */
function withoutAnnouncements(tree: XmpTree): Sentence[] {
  const remove = (schema: string, fits?: (name: string) => boolean): number => {
    const found = tree.properties(schema, fits);
    for (const property of found) property.remove();
    return found.length;
  };
  remove(schemas.camera, (name) => /^(MotionPhoto|MicroVideo)/.test(name));
  remove(schemas.oplus, (name) => /^(MotionPhoto|OLivePhoto|VideoLength)/.test(name));
  remove(schemas.container, (name) => name === 'Directory');
  remove(schemas.device, (name) => name === 'Container' || name === 'Profiles');
  remove(schemas.gainMap);
  remove(schemas.appleGainMap);
  return [
    ...(remove(schemas.xmp, (name) => name === 'Thumbnails') > 0 ? [sentence('lost.thumbnail')] : []),
    ...(remove(schemas.terms, (name) => name === 'provenance') > 0 ? [sentence('lost.credentials')] : []),
  ];
}

/** What would have to be turned with the pixels in ways of its own. */
function withoutTurned(tree: XmpTree, { orientation }: Placement): Sentence[] {
  if (orientation === 1) return [];
  const remove = (schema: string, fits?: (name: string) => boolean): boolean => {
    const found = tree.properties(schema, fits);
    for (const property of found) property.remove();
    return found.length > 0;
  };
  // What has been applied already is history.
  const isApplied = tree.properties(schemas.develop, (name) => name === 'AlreadyApplied').some(({ text }) => text.toLowerCase() === 'true');
  return [
    ...(remove(schemas.panorama) ? [sentence('lost.panorama')] : []),
    ...(remove(schemas.depth) ? [sentence('lost.depth')] : []),
    ...(!isApplied && remove(schemas.develop) ? [sentence('lost.develop')] : []),
  ];
}

function setSizes(tree: XmpTree, placement: Placement, density: Density | null): void {
  const { result } = placement;
  const set = (schema: string, name: string, value: string): void => setAll(tree, schema, name, value);
  set(schemas.tiff, 'ImageWidth', String(result.width));
  set(schemas.tiff, 'ImageLength', String(result.height));
  set(schemas.exif, 'PixelXDimension', String(result.width));
  set(schemas.exif, 'PixelYDimension', String(result.height));
  if (density !== null) {
    set(schemas.tiff, 'XResolution', thousandths(density.x));
    set(schemas.tiff, 'YResolution', thousandths(density.y));
    set(schemas.tiff, 'ResolutionUnit', '2');
  }
  const focal = (axis: string): XmpProperty | undefined =>
    tree.properties(schemas.exif, (name) => name === `FocalPlane${axis}Resolution`)[0];
  const [across, down] = [focal('X'), focal('Y')];
  const [x, y] = turnedPair(placement, [quotient(across?.text), quotient(down?.text)]);
  const [scaleX, scaleY] = enlargement(placement);
  if (x !== null) across?.set(thousandths(x * scaleX));
  if (y !== null) down?.set(thousandths(y * scaleY));
  // Pixels, where the unit says so.
  if (tree.properties(schemas.develop, (name) => name === 'CropUnits').some(({ text }) => text === '0')) {
    scaleAll(tree, schemas.develop, { CropWidth: scaleX, CropHeight: scaleY });
  }
}

function setAll(tree: XmpTree, schema: string, name: string, value: string): void {
  for (const property of tree.properties(schema, (each) => each === name)) property.set(value);
}

const thousandths = (value: number): string => `${Math.round(value * 1000)}/1000`;

function quotient(text: string | undefined): number | null {
  const [, over = '', under = '1'] = /^([\d.]+)(?:\/(\d+))?$/.exec(text ?? '') ?? [];
  const value = Number(over) / Number(under);
  return over !== '' && Number.isFinite(value) && value > 0 ? value : null;
}

/** As in EXIF: pixels of the stored picture. */
function moveSubjects(tree: XmpTree, placement: Placement): void {
  const [scaleX, scaleY] = enlargement(placement);
  for (const subject of tree.elements(schemas.exif, 'SubjectArea', 'SubjectLocation')) {
    const items = [...subject.getElementsByTagNameNS(rdf, 'li')];
    const [x, y, width, height] = items.map(({ textContent }) => Number(textContent));
    if (x === undefined || y === undefined || items.length > 4) continue;
    const extent =
      width === undefined
        ? []
        : height === undefined
          ? [width * Math.sqrt(scaleX * scaleY)]
          : turnedPair(placement, [width, height]).map((side, axis) => side * (axis === 0 ? scaleX : scaleY));
    const moved = [...placedPixel(placement, [x, y]), ...extent];
    items.forEach((item, index) => (item.textContent = String(Math.round(moved[index]!))));
    tree.changed = true;
  }
}

function moveRegions(tree: XmpTree, placement: Placement): void {
  const applied = tree.elements(schemas.regions, 'AppliedToDimensions');
  for (const [schema, structures] of [
    [schemas.dimensions, applied],
    [schemas.acdseeDimensions, tree.elements('http://ns.acdsee.com/regions/', 'AppliedToDimensions')],
  ] as const) {
    for (const structure of structures) {
      tree.field(structure, schema, 'w')?.set(String(placement.result.width));
      tree.field(structure, schema, 'h')?.set(String(placement.result.height));
    }
  }
  const areas = [...tree.elements(schemas.regions, 'Area'), ...tree.elements('http://ns.acdsee.com/regions/', 'DLYArea', 'ALGArea')];
  for (const structure of areas) {
    for (const schema of [schemas.area, schemas.acdseeArea])
      moveBox(tree, structure, placement, { schema, names: ['x', 'y', 'w', 'h'], from: 'centre', unit: 'unit' });
  }
  for (const rectangle of tree.properties(schemas.microsoftRegion, (name) => name === 'Rectangle')) {
    const [x, y, w, h] = rectangle.text.split(',').map(Number);
    if (x !== undefined && y !== undefined && w !== undefined && h !== undefined)
      rectangle.set(cornered([x, y, w, h], placement).map(decimal).join(', '));
  }
  for (const boundary of tree.elements(schemas.iptc, 'RegionBoundary')) moveBoundary(tree, boundary, placement);
}

interface BoxFields {
  readonly schema: string;
  /** Of left or middle, top or middle, width and height. */
  readonly names: readonly [string, string, string, string];
  readonly from: 'centre' | 'corner';
  /** Of the field that says `pixel` where numbers are not fractions. */
  readonly unit: string;
}

/** A point or a box in the fields of a structure. */
function moveBox(tree: XmpTree, structure: Element, placement: Placement, { schema, names, from, unit }: BoxFields): void {
  const [x, y, w, h] = names.map((name) => tree.field(structure, schema, name));
  if (!x || !y) return;
  const isPixels = tree.field(structure, schema, unit)?.text === 'pixel';
  const { stored, result } = placement;
  const fractions = (values: readonly [number, number], { width, height }: Placement['stored']): [number, number] =>
    isPixels ? [values[0] / width, values[1] / height] : [...values];
  const [left, top] = fractions([Number(x.text), Number(y.text)], stored);
  const [width, height] = fractions([Number(w?.text ?? 0), Number(h?.text ?? 0)], stored);
  const corner = from === 'corner' ? [left, top] : [left - width / 2, top - height / 2];
  const [newLeft, newTop, newWidth, newHeight] = cornered([corner[0]!, corner[1]!, width, height], placement);
  const start = from === 'corner' ? [newLeft, newTop] : [newLeft + newWidth / 2, newTop + newHeight / 2];
  const write = (property: XmpProperty | null | undefined, value: number, full: number): void =>
    property?.set(isPixels ? String(Math.round(value * full)) : decimal(value));
  write(x, start[0]!, result.width);
  write(y, start[1]!, result.height);
  write(w, newWidth, result.width);
  write(h, newHeight, result.height);
}

/** IPTC's regions: a rectangle from its corner, a circle from its middle, or the corners of a polygon. */
function moveBoundary(tree: XmpTree, boundary: Element, placement: Placement): void {
  const shape = tree.field(boundary, schemas.iptc, 'rbShape')?.text;
  const box: BoxFields = { schema: schemas.iptc, names: ['rbX', 'rbY', 'rbW', 'rbH'], from: 'corner', unit: 'rbUnit' };
  if (shape === 'rectangle') {
    moveBox(tree, boundary, placement, box);
    return;
  }
  const isPixels = tree.field(boundary, schemas.iptc, 'rbUnit')?.text === 'pixel';
  const points = shape === 'circle' ? [boundary] : [...boundary.getElementsByTagNameNS(rdf, 'li')];
  for (const point of points) {
    const [x, y] = [tree.field(point, schemas.iptc, 'rbX'), tree.field(point, schemas.iptc, 'rbY')];
    if (!x || !y) continue;
    const at = [Number(x.text), Number(y.text)] as const;
    const moved = isPixels ? placedPixel(placement, at).map(Math.round) : placed(placement, at);
    x.set(isPixels ? String(moved[0]) : decimal(moved[0]!));
    y.set(isPixels ? String(moved[1]) : decimal(moved[1]!));
  }
  const radius = shape === 'circle' ? tree.field(boundary, schemas.iptc, 'rbRx') : null;
  if (!radius) return;
  // A fraction of the picture's width.
  const pixels = Number(radius.text) * (isPixels ? 1 : placement.stored.width) * enlargement(placement)[0];
  radius.set(isPixels ? String(Math.round(pixels)) : decimal(pixels / placement.result.width));
}

/** Left, top, width and height as fractions of the stored picture, in the result. */
function cornered([x, y, w, h]: readonly [number, number, number, number], placement: Placement): [number, number, number, number] {
  const [ax, ay] = placed(placement, [x, y]);
  const [bx, by] = placed(placement, [x + w, y + h]);
  return [Math.min(ax, bx), Math.min(ay, by), Math.abs(bx - ax), Math.abs(by - ay)];
}

const decimal = (value: number): string => String(Number(value.toFixed(6)));

/** Photo Sphere XMP: sizes in pixels of the whole sphere and of the part of it that the picture shows. */
function scalePanorama(tree: XmpTree, placement: Placement): void {
  const [x, y] = enlargement(placement);
  scaleAll(tree, schemas.panorama, {
    FullPanoWidthPixels: x,
    CroppedAreaImageWidthPixels: x,
    CroppedAreaLeftPixels: x,
    LargestValidInteriorRectLeft: x,
    LargestValidInteriorRectWidth: x,
    FullPanoHeightPixels: y,
    CroppedAreaImageHeightPixels: y,
    CroppedAreaTopPixels: y,
    LargestValidInteriorRectTop: y,
    LargestValidInteriorRectHeight: y,
  });
}

function scaleAll(tree: XmpTree, schema: string, factors: Readonly<Record<string, number>>): void {
  for (const property of tree.properties(schema, (name) => name in factors)) {
    const value = Number(property.text);
    if (property.text !== '' && Number.isFinite(value)) property.set(String(Math.round(value * factors[property.name]!)));
  }
}
