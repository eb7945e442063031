import { open } from 'node:fs/promises';
import { readFully, writeFully } from '../image/file-bytes.ts';

/** A piece of a file to be written: bytes, or a range of the encoded file. */
export type Part = Uint8Array | { readonly from: number; readonly length: number };

const copyBytes = 4 << 20;

/** Writes `parts` one after the other into the file at `to`, which is emptied; ranges come from the file at `encoded`. */
export async function writeParts(encoded: string, parts: readonly Part[], to: string): Promise<void> {
  const input = await open(encoded, 'r');
  try {
    const output = await open(to, 'w');
    try {
      const buffer = Buffer.allocUnsafe(copyBytes);
      let position = 0;
      for (const part of parts) {
        if (part instanceof Uint8Array) {
          await writeFully(output, part, position);
          position += part.length;
          continue;
        }
        for (let done = 0; done < part.length;) {
          const piece = buffer.subarray(0, Math.min(copyBytes, part.length - done));
          await readFully(input, piece, part.from + done);
          await writeFully(output, piece, position);
          done += piece.length;
          position += piece.length;
        }
      }
    } finally {
      await output.close();
    }
  } finally {
    await input.close();
  }
}
