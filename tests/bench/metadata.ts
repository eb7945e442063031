import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { containers } from '../../src/engine/containers/table.ts';
import { leftOutOf } from '../../src/engine/containers/container.ts';
import { withBytes } from '../../src/engine/image/file-bytes.ts';
import { placementOf } from '../../src/engine/image/placement.ts';
import { exifDensity } from '../../src/engine/tiff/exif.ts';
import { patchExif } from '../../src/engine/tiff/exif-patch.ts';
import { sniffFile } from '../../src/engine/photo/sniff.ts';
import { patchXmp } from '../../src/engine/photo/xmp-patch.ts';
import { median } from './processes.ts';

/**
 * `npm run bench -- metadata FOLDER`: milliseconds that the metadata of a photo takes, beside its pixels: reading all that is in the file,
 * finding what goes into no result, and making EXIF and XMP true for it. Nothing is asserted. Without a folder, the odd files of
 * `../shared` where they are.
 */
const given = process.argv.slice(2).find((word) => word.includes('/'));
const folder = given ?? join(import.meta.dirname, '../../../shared/data/odd');
const rows: { name: string; read: number; left: number; patch: number }[] = [];
for (const name of await readdir(folder)) {
  const path = join(folder, name);
  const format = await sniffFile(path).catch(() => null);
  if (format === null) continue;
  const container = containers[format];
  const started = performance.now();
  const contents = withBytes(path, (file) => container.read(file));
  const read = performance.now();
  withBytes(path, (file) => leftOutOf(container, file));
  const left = performance.now();
  const placement = placementOf({ orientation: 6, width: 4000, height: 3000 }, { width: 16_000, height: 12_000 });
  if (contents.exif) patchExif(contents.exif, placement, { density: exifDensity(contents.exif), unwanted: [] });
  if (contents.xmp) patchXmp(contents.xmp, placement, { density: null, isUpright: true });
  rows.push({ name, read: read - started, left: left - read, patch: performance.now() - left });
}
const total = ({ read, left, patch }: (typeof rows)[number]): number => read + left + patch;
const figures = (of: (row: (typeof rows)[number]) => number): string => {
  const values = rows.map(of);
  return `median ${median(values).toFixed(2)}, most ${Math.max(...values).toFixed(1)}`;
};
console.log(`${rows.length} files, milliseconds`);
console.log(`reading       ${figures(({ read }) => read)}`);
console.log(`what is left  ${figures(({ left }) => left)}`);
console.log(`making true   ${figures(({ patch }) => patch)}`);
console.log(`together      ${figures(total)}`);
