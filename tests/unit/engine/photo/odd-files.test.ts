import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPhoto } from '../../../../src/engine/photo/open.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { needs } from '../../../support/needs.ts';

/** What becomes of each file: size, channels, bits, `a` for transparency, and the format; or the problem. */
const outcomes: Record<string, string> = {
  'avif-fox.profile0.10bpc.yuv420.avif': 'avif 1204x800 3x16',
  'avif-fox.profile0.8bpc.yuv420.odd-width.odd-height.avif': 'avif 1203x799 3x8',
  'avif-red-at-12-oclock-with-color-profile.jpg': 'jpeg 800x800 3x8',
  'jxl-testdata-external-wide-gamut-tests-P3-sRGB-green.png': 'png 1000x1000 3x8',
  'jxl-testdata-external-wide-gamut-tests-P3-sRGB-red.png': 'png 1000x1000 3x8',
  'jxl-testdata-external-wide-gamut-tests-R2020-sRGB-red.png': 'png 1000x1000 3x8',
  'libheif-examples-example.avif': 'avif 800x533 3x8',
  'libheif-examples-example.heic': 'heic 1280x854 3x8',
  'pillow-broken.png': 'damaged-image',
  'pillow-broken_data_stream.png': 'png 128x128 3x8',
  'pillow-decompression_bomb.gif': 'damaged-image',
  'pillow-empty_gps_ifd.jpg': 'jpeg 10x10 3x8',
  'pillow-exif.png': 'png 512x512 3x8',
  'pillow-exif_gps.jpg': 'jpeg 8x8 3x8',
  'pillow-hopper_orientation_6.webp': 'webp 128x128 3x8',
  'pillow-iptc.jpg': 'jpeg 640x480 3x8',
  'pillow-jfif_unit_cm.jpg': 'jpeg 1x1 1x8',
  'pillow-junk_jpeg_header.jpg': 'jpeg 1024x768 3x8',
  'pillow-png_decompression_dos.png': 'png 1x1 1x8',
  'pillow-tRNS_null_1x1.png': 'png 1x1 3x8 a',
  'pillow-tiff_16bit_RGB.tiff': 'tiff 100x40 3x16',
  'pillow-xmp_test.jpg': 'jpeg 2000x1072 3x8',
  'real-esrgan-00017_gray.png': 'png 500x351 1x8',
  'real-esrgan-children-alpha.png': 'png 566x350 3x8 a',
  'real-esrgan-tree_alpha_16bit.png': 'png 342x256 3x16 a',
  'real-esrgan-wolf_gray.jpg': 'jpeg 236x236 1x8',
  'sharp-16-bit-grey-alpha.png': 'png 109x96 1x16 a',
  'sharp-2x2_fdcce6.png': 'png 2x2 3x8',
  'sharp-65536-uint32-limit.png': 'too-many-pixels',
  'sharp-Channel_digital_image_CMYK_color.jpg': 'jpeg 500x333 3x8',
  'sharp-Channel_digital_image_CMYK_color_no_profile.jpg': 'jpeg 500x333 3x8',
  'sharp-Flag_of_the_Netherlands-16bit.png': 'png 900x600 3x16',
  'sharp-alpha-premultiply-1024x768-paper.png': 'png 1024x768 3x8 a',
  'sharp-animated-loop-3.gif': 'gif 370x285 3x8',
  'sharp-animated-loop-3.webp': 'webp 370x285 3x8',
  'sharp-cielab-dagams.tiff': 'tiff 400x266 3x16',
  'sharp-corrupt-header.jpg': 'damaged-image',
  'sharp-fogra-0-100-100-0.tif': 'tiff 1000x1000 3x8',
  'sharp-full-transparent.png': 'png 300x300 3x8 a',
  'sharp-gain-map.jpg': 'jpeg 3840x2160 3x8',
  'sharp-giant-image.jpg': 'jpeg 20000x14000 1x8',
  'sharp-grey-8bit-alpha.png': 'png 400x300 1x8 a',
  'sharp-p3.png': 'png 8x8 3x8',
  'sharp-pitm.avif': 'avif 4096x800 3x8',
  'sharp-prophoto.png': 'png 1x1 3x8',
  'sharp-relax.jp2': 'unsupported-image',
  'sharp-tbgn2c16.png': 'png 32x32 3x16 a',
  'sharp-truncated.jpg': 'damaged-image',
  'sharp-truncated.png': 'png 294x240 3x8',
};

describe('odd files', needs('sharedData'), () => {
  it('are all in the table', async () => {
    const files = (await readdir(sharedData('odd'))).filter((name) => !name.startsWith('exif-orientation-'));
    expect(files.toSorted()).toEqual(Object.keys(outcomes).toSorted());
  });

  it.each(Object.entries(outcomes))('%s: %s', { timeout: 20_000 }, async (name, outcome) => {
    const scratch = await temporaryFolder();
    const result = await openPhoto(sharedData('odd', name), { maxMegapixels: 500, scratch }).then(
      async (photo) => {
        const { width, height, channels, bits } = photo.pixels;
        const last = await photo.pixels.readRows(height - 1, 1);
        expect(last.length).toBe(width * channels);
        expect((await photo.alpha?.readRows(height - 1, 1))?.length ?? width).toBe(width);
        await photo.close();
        return `${photo.facts.format} ${width}x${height} ${channels}x${bits}${photo.alpha ? ' a' : ''}`;
      },
      (error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        return error.code;
      },
    );
    expect(result).toBe(outcome);
    expect((await readdir(scratch)).map((file) => basename(file))).toEqual([]);
  });
});
