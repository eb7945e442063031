import type { OutputFormat } from '../../shared/output-formats.ts';
import { avif } from './avif.ts';
import type { Container, OutputContainer } from './container.ts';
import { gif } from './gif.ts';
import { heic } from './heic.ts';
import { jpeg } from './jpeg.ts';
import { jxl } from './jxl.ts';
import { png } from './png.ts';
import { tiff } from './tiff.ts';
import { webp } from './webp.ts';

/** The formats that are read, in the order in which a file is tried; those of `outputFormats` are written too. */
export const containers = { jpeg, png, webp, tiff, avif, heic, gif, jxl } as const satisfies Record<string, Container> &
  Record<OutputFormat, OutputContainer>;

export type SourceFormat = keyof typeof containers;

/** The container of `PhotoFacts.format`. */
export function containerOf(format: string): Container {
  const byName: Readonly<Record<string, Container>> = containers;
  const found = byName[format];
  if (found === undefined) throw new Error(`there is no format ${format}`);
  return found;
}
