import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makeBox } from '../../../../src/engine/containers/heif.ts';
import { readJxlHeader } from '../../../../src/engine/containers/jxl-header.ts';
import { inspectPhoto } from '../../../../src/engine/photo/inspect.ts';
import { openPhoto } from '../../../../src/engine/photo/open.ts';
import { renderThumbnail } from '../../../../src/engine/view/rendition.ts';
import { english } from '../../../../src/shared/sentence.ts';
import { boxedJxl, jxlFile } from '../../../support/jxl-files.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

const limits = { maxMegapixels: 10 };

async function photoOf(bytes: Uint8Array): Promise<{ path: string; folder: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'photo.jxl');
  await writeFile(path, bytes);
  return { path, folder };
}

async function opened(bytes: Uint8Array): ReturnType<typeof openPhoto> {
  const { path, folder } = await photoOf(bytes);
  return openPhoto(path, { ...limits, scratch: folder });
}

describe('JPEG XL', () => {
  it('its header says what the picture is', () => {
    expect(readJxlHeader(jxlFile('rgba'))).toEqual({
      width: 32,
      height: 24,
      orientation: 1,
      isAnimated: false,
      bits: 8,
      extra: ['alpha'],
      isXyb: false,
      isGrey: false,
      colour: { primaries: 1, transfer: 13 },
    });
    expect(readJxlHeader(jxlFile('grey16'))).toMatchObject({ bits: 16, isGrey: true, extra: [] });
    expect(readJxlHeader(jxlFile('wide'))).toMatchObject({ colour: null });
    expect(readJxlHeader(jxlFile('turned'))).toMatchObject({ width: 32, height: 24, orientation: 6, isXyb: true });
    expect(readJxlHeader(jxlFile('rgba').subarray(0, 4))).toBeNull();
  });

  it('without loss comes as it went in, with its transparency', async () => {
    const photo = await opened(jxlFile('rgba'));
    expect(photo.facts).toMatchObject({ format: 'jxl', width: 32, height: 24, bits: 8, colour: 'rgb', alpha: true });
    expect(photo.metadata.lossless).toBe(true);
    const row = await photo.pixels.readRows(10, 1);
    expect([...row.slice(0, 6)]).toEqual([0, 100, 128, 8, 100, 128]);
    const alpha = await photo.alpha?.readRows(10, 1);
    expect([alpha?.[15], alpha?.[16]]).toEqual([255, 64]);
    await photo.close();
  });

  it('of 16 bits in grey, of a wide profile, turned, of several frames', async () => {
    const grey = await opened(jxlFile('grey16'));
    expect(grey.facts).toMatchObject({ bits: 16, colour: 'grey', alpha: false });
    const wide = await opened(jxlFile('wide'));
    expect(wide.metadata.icc?.length).toBeGreaterThan(300);
    expect([...(await wide.pixels.readRows(10, 1)).slice(3, 6)]).toEqual([8, 100, 128]);
    const turned = await opened(jxlFile('turned'));
    expect([turned.facts.width, turned.facts.height, turned.pixels.width]).toEqual([24, 32, 24]);
    expect(turned.metadata.lossless).toBe(false);
    const film = await opened(jxlFile('film'));
    expect(film.lost.map((said) => english.tell(said))).toEqual(['Animation: only the first of 3 frames was enlarged.']);
    await Promise.all([grey, wide, turned, film].map((photo) => photo.close()));
  });

  it('keeps what is said of it, plain or compressed, and tells the rest', async () => {
    const tiff = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .withExif({ IFD0: { Artist: 'A photographer' } })
      .jpeg()
      .toBuffer()
      .then((jpeg) => sharp(jpeg).metadata())
      .then(({ exif }) => exif?.subarray(6) ?? Buffer.alloc(0));
    const packet = Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>');
    const file = boxedJxl(
      jxlFile('rgba'),
      makeBox('Exif', Buffer.alloc(4), tiff),
      makeBox('brob', Buffer.from('xml '), brotliCompressSync(packet)),
      makeBox('jumb', Buffer.alloc(20)),
      makeBox('abcd', Buffer.alloc(5)),
      Buffer.from('tail'),
    );
    const photo = await opened(file);
    expect(photo.facts.metadata).toEqual(['EXIF', 'XMP']);
    expect(Buffer.from(photo.metadata.exif ?? []).includes('A photographer')).toBe(true);
    expect(photo.metadata.xmp).toEqual(packet);
    expect(photo.lost.map(({ code }) => code)).toEqual(['lost.credentials', 'lost.blocks', 'lost.trailer']);
    await photo.close();
  });

  it('that is cut off or damaged is told to be, and the next one is read all the same', async () => {
    await expect(opened(jxlFile('rgba').subarray(0, 100))).rejects.toMatchObject({ code: 'damaged-image' });
    await expect(opened(boxedJxl(jxlFile('rgba')).subarray(0, 150))).rejects.toMatchObject({ code: 'damaged-image' });
    const flipped = jxlFile('rgba').fill(0xff, 60, 90);
    await expect(opened(flipped)).rejects.toMatchObject({ code: 'damaged-image' });
    await (await opened(jxlFile('rgba'))).close();
  });

  it('is inspected without being decoded, and shown', async () => {
    const { path } = await photoOf(jxlFile('rgba').subarray(0, 40));
    expect(await inspectPhoto(path, limits)).toMatchObject({ width: 32, height: 24 });
    const { path: turned } = await photoOf(jxlFile('turned'));
    expect(await renderThumbnail(turned, 256)).toMatchObject({ width: 24, height: 32 });
  });
});
