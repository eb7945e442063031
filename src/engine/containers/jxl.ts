import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { brotliDecompressSync } from 'node:zlib';
import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Bytes } from '../image/file-bytes.ts';
import { exifDensity } from '../tiff/exif.ts';
import { bare, exifStream, maximumHeldBytes, namesOf, type Block, type Coding, type Container, type Holding } from './container.ts';
import { topBoxes } from './heif.ts';
import { readJxlHeader, type JxlHeader } from './jxl-header.ts';
import { chunk, profileChunk } from './png.ts';

/**
 * JPEG XL (ISO/IEC 18181): a bare codestream, or boxes around it. It is only read. What is decoded is a PNG file that its decoder
 * makes of it (docs/decisions/0018-jpeg-xl-decoder.md).
 */
export const jxl: Container = {
  begins: (head) => head.startsWith('\xff\x0a') || isBoxed(head),
  walk,
  read(file) {
    const exif = held(file, 'exif');
    const stream = exif && exif.length > 8 ? exifStream(exif.subarray(Math.min(exif.length, 4 + exif.readUInt32BE(0)))) : null;
    const xmp = held(file, 'xmp');
    return {
      ...bare,
      exif: stream,
      xmp,
      density: stream && exifDensity(stream),
      // Its decoder turns it.
      orientation: 1,
      lossless: headerOf(file)?.isXyb === false && ![...walk(file)].some(({ kind }) => kind === 'jbrd'),
      names: namesOf({ EXIF: stream, XMP: xmp }),
    };
  },
  codedColour: (file) => headerOf(file)?.colour ?? null,
  coding,
  others: 'frames',
  lossless: false,
};

const isBoxed = (head: string): boolean => head.startsWith('\0\0\0\x0cJXL \r\n\x87\n');

/** What boxes hold (18181-2 §9). */
const boxes: Readonly<Record<string, Holding>> = {
  ...Object.fromEntries(['JXL ', 'ftyp', 'jxll', 'jxli', 'jxlc', 'jxlp', 'jbrd', 'free', 'skip'].map((type) => [type, 'picture'] as const)),
  Exif: 'exif',
  'xml ': 'xmp',
  jumb: 'credentials',
  jhgm: 'gainMap',
};
/** The box of another type whose content is compressed; it begins with that type. */
const compressed = 'brob';

function* walk(file: Bytes): Generator<Block> {
  if (!isBoxed(file.read(0, 12).toString('latin1'))) {
    yield { kind: 'codestream', offset: 0, bytes: file.length, holds: 'picture' };
    return;
  }
  const seen = new Set<Holding>();
  let end = 0;
  for (const { type, content, end: after } of topBoxes(file)) {
    const kind = type === compressed ? file.read(content, 4).toString('latin1') : type;
    const holds = boxes[kind] ?? 'other';
    const isAnother = (holds === 'exif' || holds === 'xmp') && seen.has(holds);
    seen.add(holds);
    yield { kind: kind.trim(), offset: content, bytes: after - content, holds: isAnother ? 'other' : holds };
    end = after;
  }
  if (end < file.length) yield { kind: 'trailer', offset: end, bytes: file.length - end, holds: 'trailer' };
}

function held(file: Bytes, holds: Holding): Buffer | null {
  const block = [...walk(file)].find((each) => each.holds === holds && each.bytes <= maximumHeldBytes);
  if (block === undefined) return null;
  const bytes = file.read(block.offset, block.bytes);
  if (file.read(block.offset - 4, 4).toString('latin1') !== compressed) return bytes;
  try {
    return brotliDecompressSync(bytes.subarray(4), { maxOutputLength: maximumHeldBytes });
  } catch {
    return null;
  }
}

/** Far more than a header takes, whatever its channels are called. */
const headerBytes = 4096;

function headerOf(file: Bytes): JxlHeader | null {
  if (!isBoxed(file.read(0, 12).toString('latin1'))) return readJxlHeader(file.read(0, headerBytes));
  for (const { type, content, end } of topBoxes(file)) {
    // A part of a codestream begins with its number.
    const from = type === 'jxlc' ? content : type === 'jxlp' ? content + 4 : null;
    if (from !== null) return readJxlHeader(file.read(from, Math.min(headerBytes, end - from)));
  }
  return null;
}

async function coding(file: Bytes): Promise<Coding> {
  const header = headerOf(file);
  if (header === null) throw new Problem('damaged-image', sentence('photo.damaged'), { detail: 'its header is not whole' });
  if (header.extra.includes('black')) throw new Problem('unsupported-image', sentence('photo.notRead'), { detail: 'CMYK in JPEG XL' });
  const { colour, isAnimated, extra } = header;
  const more = isAnimated || colour === null ? await ask('profile', file.read(0, file.length)) : null;
  return {
    header: pngHeader(header, more?.profile ?? null),
    bytes: async (from) => (await ask('picture', from.read(0, from.length))).picture,
    orientation: 1,
    frames: isAnimated ? more?.frames : undefined,
    // Beside the first alpha channel, the decoder gives colours only.
    undecoded: extra.length - (extra.includes('alpha') ? 1 : 0),
  };
}

/** What of the decoder's PNG file stands before the picture, and an empty one. */
function pngHeader({ width, height, orientation, bits, isGrey, extra }: JxlHeader, profile: Uint8Array | null): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(orientation > 4 ? height : width, 0);
  head.writeUInt32BE(orientation > 4 ? width : height, 4);
  head.set([bits > 8 ? 16 : 8, (isGrey ? 0 : 2) + (extra.includes('alpha') ? 4 : 0)], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    ...(profile === null ? [] : [profileChunk(profile)]),
    chunk('IDAT'),
    chunk('IEND'),
  ]);
}

interface Answers {
  readonly profile: { readonly profile: Uint8Array | null; readonly frames: number };
  readonly picture: { readonly picture: Uint8Array };
}

/**
 * jxl-oxide in a thread of its own, for one question: what it allocates is never given back otherwise, a file that it trips over spoils
 * it for the next, and it would hold up everything else. The profile comes with a picture, so that of one pixel is made.
 */
const program = `
const { readFileSync } = require('node:fs');
const { parentPort, workerData: { code, module, question, file } } = require('node:worker_threads');
import(code).then(({ initSync, JxlImage }) => {
  initSync({ module: readFileSync(module) });
  const image = new JxlImage();
  image.feedBytes(file);
  if (!image.tryInit()) throw new Error('unexpected end of the file');
  if (question === 'profile') {
    image.renderingRegion = { left: 0, top: 0, width: 1, height: 1 };
    const profile = image.render().iccProfile;
    parentPort.postMessage({ profile: profile.length > 0 ? profile : null, frames: image.numLoadedKeyframes });
  } else {
    // It would fill what is missing, and not say so.
    if (!image.loaded) throw new Error('unexpected end of the file');
    parentPort.postMessage({ picture: image.render().encodeToPng() });
  }
});`;

/** Half a second a megapixel is usual. */
const longestSeconds = 300;

/** @throws Problem damaged-image */
function ask<Question extends keyof Answers>(question: Question, file: Uint8Array): Promise<Answers[Question]> {
  const folder = dirname(createRequire(import.meta.url).resolve('jxl-oxide-wasm/package.json'));
  const code = pathToFileURL(join(folder, 'jxl_oxide_wasm.js')).href;
  const workerData = { code, module: join(folder, 'jxl_oxide_wasm_bg.wasm'), question, file };
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { eval: true, workerData, stdout: true, stderr: true });
    const damaged = (detail: string): Problem => new Problem('damaged-image', sentence('photo.damaged'), { detail });
    const hang = setTimeout(() => {
      reject(damaged(`its decoder gave no answer in ${longestSeconds} seconds`));
      void worker.terminate();
    }, longestSeconds * 1000);
    worker.once('message', (answer: Answers[Question]) => {
      resolve(answer);
      void worker.terminate();
    });
    worker.once('error', (error: unknown) => {
      reject(damaged(messageOf(error)));
    });
    worker.once('exit', () => {
      clearTimeout(hang);
      reject(damaged('its decoder ended without an answer'));
    });
  });
}
