import { open } from 'node:fs/promises';
import { boxesIn, readTopBoxes } from './heif-boxes.ts';

/** Code points of ITU-T H.273. */
export interface CodedColour {
  readonly primaries: number;
  readonly transfer: number;
}

const maximumMetaBytes = 16 << 20;

/** How an AVIF or HEIC file without an ICC profile says its colours are meant (`colr` of type `nclx`), or null. */
export async function readCodedColour(path: string): Promise<CodedColour | null> {
  const meta = (await readTopBoxes(path)).find(({ type }) => type === 'meta');
  if (meta === undefined || meta.end - meta.content > maximumMetaBytes) return null;
  const bytes = Buffer.alloc(meta.end - meta.content);
  const file = await open(path, 'r');
  try {
    await file.read(bytes, 0, bytes.length, meta.content);
  } finally {
    await file.close();
  }
  const within = (type: string, start: number, end: number): { content: number; end: number } | undefined =>
    boxesIn(bytes, start, end).find((box) => box.type === type);
  const properties = within('iprp', 4, bytes.length);
  const container = properties && within('ipco', properties.content, properties.end);
  const colours = container ? boxesIn(bytes, container.content, container.end).filter(({ type }) => type === 'colr') : [];
  const coded = colours.find(({ content, end }) => end - content >= 8 && bytes.toString('latin1', content, content + 4) === 'nclx');
  return coded ? { primaries: bytes.readUInt16BE(coded.content + 4), transfer: bytes.readUInt16BE(coded.content + 6) } : null;
}

const unspecified = 2;
const bt709 = 1;
const displayP3 = 12;
/** sRGB's own curve, and those of BT.709 and BT.601 that viewers treat as it. */
const srgbLike = [13, 1, 6, unspecified];
const names: Readonly<Record<number, string>> = { 4: 'BT.470 M', 5: 'BT.601', 6: 'BT.601', 9: 'BT.2020', 11: 'DCI-P3', 12: 'Display P3' };
const curves: Readonly<Record<number, string>> = { 8: 'linear', 14: '10-bit BT.2020', 15: '12-bit BT.2020', 16: 'PQ', 18: 'HLG' };

/** What a result without code points needs to look the same: nothing, a built-in profile, or what cannot be given. */
export function meaningOf({ primaries, transfer }: CodedColour): 'srgb' | 'p3' | { readonly lost: string } {
  if (srgbLike.includes(transfer)) {
    if (primaries === bt709 || primaries === unspecified || primaries === 5 || primaries === 6) return 'srgb';
    if (primaries === displayP3) return 'p3';
  }
  const name = [names[primaries] ?? `primaries ${primaries}`, curves[transfer] ?? `curve ${transfer}`].join(', ');
  return { lost: `Colour description (${name}): the values are kept but are shown as sRGB.` };
}
