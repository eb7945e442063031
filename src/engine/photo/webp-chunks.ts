import { open } from 'node:fs/promises';

export interface WebpChunk {
  readonly type: string;
  /** Position of the chunk's content in the file. */
  readonly offset: number;
  readonly length: number;
}

/** The chunks of a WebP file (RFC 9649), not those inside animation frames. Stops where the file is cut off. */
export async function readWebpChunks(path: string): Promise<WebpChunk[]> {
  const file = await open(path, 'r');
  try {
    const chunks: WebpChunk[] = [];
    const head = Buffer.alloc(8);
    for (let at = 12; ;) {
      const { bytesRead } = await file.read(head, 0, 8, at);
      if (bytesRead < 8) return chunks;
      const length = head.readUInt32LE(4);
      chunks.push({ type: head.toString('latin1', 0, 4), offset: at + 8, length });
      at += 8 + length + (length % 2);
    }
  } finally {
    await file.close();
  }
}
