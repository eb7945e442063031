import { open } from 'node:fs/promises';

/** A box of the ISO base media file format (ISO/IEC 14496-12 §4.2). */
export interface Box {
  readonly type: string;
  /** Positions in the file or buffer: of the box, of its content, and just after it. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

export interface TopBox extends Box {
  /** The first bytes of the content. */
  readonly head: Buffer;
}

/** The boxes of a file, not those inside them. */
export async function readTopBoxes(path: string): Promise<TopBox[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const boxes: TopBox[] = [];
    const head = Buffer.alloc(48);
    for (let start = 0; start + 8 <= size;) {
      const { bytesRead } = await file.read(head, 0, head.length, start);
      const box = boxAt(head.subarray(0, bytesRead), 0, size - start);
      if (box === null) break;
      boxes.push({
        type: box.type,
        start,
        content: start + box.content,
        end: start + box.end,
        head: Buffer.from(head.subarray(box.content, bytesRead)),
      });
      start += box.end;
    }
    return boxes;
  } finally {
    await file.close();
  }
}

/** The boxes that lie one after the other in `bytes` between `start` and `end`. */
export function boxesIn(bytes: Buffer, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end;) {
    const box = boxAt(bytes, at, end - at);
    if (box === null) break;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

function boxAt(bytes: Buffer, at: number, available: number): Box | null {
  if (at + 8 > bytes.length) return null;
  const short = bytes.readUInt32BE(at);
  if (short === 1 && at + 16 > bytes.length) return null;
  const length = short === 0 ? available : short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
  const headLength = short === 1 ? 16 : 8;
  if (length < headLength || length > available) return null;
  return { type: bytes.toString('latin1', at + 4, at + 8), start: at, content: at + headLength, end: at + length };
}

/** A box of this type around `content`. */
export function makeBox(type: string, ...content: readonly Uint8Array[]): Buffer {
  const length = 8 + content.reduce((sum, bytes) => sum + bytes.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}
