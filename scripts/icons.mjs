/** `npm run icons`: draws resources/icon.svg in every size and container that the systems ask for, into resources/icons. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from './prepare.mjs';

const source = join(root, 'resources', 'icon.svg');
const folder = join(root, 'resources', 'icons');

/** @param {number} side in pixels @returns {Promise<Buffer>} PNG */
const drawn = (side) =>
  sharp(source, { density: (72 * side) / 1024 })
    .resize(side, side)
    .png({ compressionLevel: 9, palette: side >= 256 })
    .toBuffer();

/**
 * Windows' container: a directory of 16 bytes for each picture, then the pictures, as PNG.
 * @param {readonly { side: number, png: Buffer }[]} pictures
 */
function ico(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  for (const [index, { side, png }] of pictures.entries()) {
    const at = 6 + 16 * index;
    header[at] = side % 256;
    header[at + 1] = side % 256;
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(png.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([header, ...pictures.map(({ png }) => png)]);
}

/**
 * Apple's container: blocks of a four-letter kind, a length and a PNG.
 * @param {readonly { kind: string, png: Buffer }[]} pictures
 */
function icns(pictures) {
  const blocks = pictures.map(({ kind, png }) => {
    const head = Buffer.alloc(8);
    head.write(kind, 'latin1');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 'latin1');
  head.writeUInt32BE(8 + blocks.reduce((sum, block) => sum + block.length, 0), 4);
  return Buffer.concat([head, ...blocks]);
}

/** Apple's kinds and their sides; those with two are for screens of one and of two pixels a point. */
const appleKinds = /** @type {const} */ ({ ic11: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 });

const linux = join(folder, 'linux');
mkdirSync(linux, { recursive: true });
const windows = await Promise.all([16, 24, 32, 48, 64, 128, 256].map(async (side) => ({ side, png: await drawn(side) })));
const apple = await Promise.all(Object.entries(appleKinds).map(async ([kind, side]) => ({ kind, png: await drawn(side) })));
writeFileSync(join(folder, 'icon.ico'), ico(windows));
writeFileSync(join(folder, 'icon.icns'), icns(apple));
writeFileSync(join(folder, 'icon.png'), await drawn(512));
for (const side of [16, 24, 32, 48, 64, 128, 256, 512]) {
  writeFileSync(join(linux, `${side}x${side}.png`), await drawn(side));
}
