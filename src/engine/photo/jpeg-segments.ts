import { open } from 'node:fs/promises';

/** A marker segment before the picture (ITU-T T.81 annex B); `payload` without marker and length. */
export interface JpegSegment {
  readonly marker: number;
  readonly payload: Buffer;
}

export const jpegMarkers = { app0: 0xe0, app1: 0xe1, app2: 0xe2, app13: 0xed, app15: 0xef, comment: 0xfe, quantisation: 0xdb } as const;

const startOfScan = 0xda;
const endOfImage = 0xd9;
/** No real header is longer; a file that claims so is not worth reading on. */
const maximumHeaderBytes = 256 << 20;

/** The segments of a JPEG file up to its first scan. Stops early, without an error, where the file is malformed. */
export async function readJpegSegments(path: string): Promise<{ segments: JpegSegment[]; scanOffset: number }> {
  const file = await open(path, 'r');
  try {
    const segments: JpegSegment[] = [];
    const head = Buffer.alloc(4);
    let at = 2;
    while (at < maximumHeaderBytes) {
      const { bytesRead } = await file.read(head, 0, 4, at);
      if (bytesRead < 4) break;
      const marker = head.readUInt8(1);
      if (head.readUInt8(0) !== 0xff || marker === 0xff) {
        // Fill bytes, or junk between segments, which decoders skip too.
        at += 1;
        continue;
      }
      if (marker === startOfScan || marker === endOfImage) break;
      const length = head.readUInt16BE(2);
      if (length < 2) break;
      const payload = Buffer.alloc(length - 2);
      const { bytesRead: payloadRead } = await file.read(payload, 0, payload.length, at + 4);
      if (payloadRead < payload.length) break;
      segments.push({ marker, payload });
      at += 2 + length;
    }
    return { segments, scanOffset: at };
  } finally {
    await file.close();
  }
}

/** The payload of the first segment that starts with `prefix` (Latin-1), after the prefix. */
export function findSegment(segments: readonly JpegSegment[], marker: number, prefix: string): Buffer | null {
  const segment = segments.find((each) => each.marker === marker && each.payload.toString('latin1', 0, prefix.length) === prefix);
  return segment ? segment.payload.subarray(prefix.length) : null;
}

/** Luminance quantisers at quality 50, in zigzag order (ITU-T T.81 table K.1). */
const standardLuminance = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55,
  64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/** The luminance table as libjpeg scales it for `quality` 1…100 (jcparam.c, jpeg_quality_scaling). */
function scaledSum(quality: number): number {
  const scale = quality < 50 ? 5000 / quality : 200 - quality * 2;
  return standardLuminance.reduce((sum, value) => sum + Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))), 0);
}

/**
 * The libjpeg quality 1…100 whose luminance table is about as coarse in sum as the file's: exact for files written with
 * the standard tables, the nearest equivalent for others. Null where there is no table.
 */
export function estimateQuality(segments: readonly JpegSegment[]): number | null {
  for (const { marker, payload } of segments) {
    if (marker !== jpegMarkers.quantisation) continue;
    for (let at = 0; at < payload.length;) {
      const wide = (payload[at] ?? 0) >> 4 !== 0;
      const isLuminance = ((payload[at] ?? 0) & 15) === 0;
      const end = at + 1 + (wide ? 128 : 64);
      if (isLuminance && end <= payload.length) {
        let sum = 0;
        for (let i = at + 1; i < end; i += wide ? 2 : 1) sum += wide ? payload.readUInt16BE(i) : payload.readUInt8(i);
        return nearestQuality(sum);
      }
      at = end;
    }
  }
  return null;
}

function nearestQuality(sum: number): number {
  let best = 100;
  for (let quality = 100; quality >= 1; quality--) {
    if (Math.abs(scaledSum(quality) - sum) < Math.abs(scaledSum(best) - sum)) best = quality;
  }
  return best;
}
