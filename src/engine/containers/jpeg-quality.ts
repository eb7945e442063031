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
export function estimateQuality(tables: readonly Buffer[]): number | null {
  for (const payload of tables) {
    for (let at = 0; at < payload.length;) {
      const kind = payload.readUInt8(at);
      const wide = kind >> 4 !== 0;
      const isLuminance = (kind & 15) === 0;
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
