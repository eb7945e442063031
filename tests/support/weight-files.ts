import { crc32, deflateRawSync } from 'node:zlib';

/** Pieces of weight files, written byte by byte, so that tests can write them wrong. */

const le = (bytes: number, value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return buffer.subarray(0, bytes);
};

/** Instructions of pickle protocol 2; each gives the bytes that leave one value on Python's stack. */
export const pickled = {
  text: (value: string): Buffer => Buffer.concat([Buffer.from('X'), le(4, Buffer.byteLength(value)), Buffer.from(value)]),
  integer: (value: number): Buffer => Buffer.concat([Buffer.from('J'), le(4, value)]),
  global: (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`),
  tuple: (...values: Buffer[]): Buffer => Buffer.concat([Buffer.from('('), ...values, Buffer.from('t')]),
  list: (...values: Buffer[]): Buffer => Buffer.concat([Buffer.from(']('), ...values, Buffer.from('e')]),
  dictionary: (entries: Record<string, Buffer>): Buffer =>
    Buffer.concat([
      Buffer.from('}('),
      ...Object.entries(entries).flatMap(([name, value]) => [pickled.text(name), value]),
      Buffer.from('u'),
    ]),
  call: (callable: Buffer, ...values: Buffer[]): Buffer => Buffer.concat([callable, pickled.tuple(...values), Buffer.from('R')]),
  none: Buffer.from('N'),
  no: Buffer.from([0x89]),
  /** What torch.save writes for a tensor whose numbers are the storage `key`. */
  tensor: ({ key = '0', kind = 'FloatStorage', length, shape, strides, offset = 0, view }: PickledTensor): Buffer => {
    const storage = [
      pickled.text('storage'),
      pickled.global('torch', kind),
      pickled.text(key),
      pickled.text('cpu'),
      pickled.integer(length),
    ];
    return pickled.call(
      pickled.global('torch._utils', '_rebuild_tensor_v2'),
      Buffer.concat([pickled.tuple(...storage, ...(view === undefined ? [] : [view])), Buffer.from('Q')]),
      pickled.integer(offset),
      pickled.tuple(...shape.map(pickled.integer)),
      pickled.tuple(...(strides ?? rowMajor(shape)).map(pickled.integer)),
      pickled.no,
      pickled.call(pickled.global('collections', 'OrderedDict')),
    );
  },
  whole: (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]),
};

interface PickledTensor {
  readonly key?: string;
  readonly kind?: string;
  readonly length: number;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly view?: Buffer;
}

const rowMajor = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly deflate?: boolean;
  /** What the directory claims to be the size, instead of the truth. */
  readonly claimed?: number;
}

/** A zip archive, compressed only where asked. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, bytes, deflate = false, claimed } of entries) {
    const stored = deflate ? deflateRawSync(bytes) : bytes;
    const size = claimed ?? bytes.length;
    const head = Buffer.concat([
      ...[20, 0, deflate ? 8 : 0, 0, 0].map((value) => le(2, value)),
      ...[crc32(bytes), deflate ? stored.length : size, size].map((value) => le(4, value)),
      ...[Buffer.byteLength(name), 0].map((value) => le(2, value)),
    ]);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), head, Buffer.from(name), stored]);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), le(2, 20), head, Buffer.alloc(10), le(4, position), Buffer.from(name)]));
    parts.push(local);
    position += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = [le(4, 0), le(2, entries.length), le(2, entries.length), le(4, listed.length), le(4, position), le(2, 0)];
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), ...end]);
}

/** The archive that torch.save writes for a pickled value and its storages. */
export const torchZip = (value: Buffer, storages: Record<string, Buffer> = {}): Buffer =>
  zip([
    { name: 'archive/data.pkl', bytes: pickled.whole(value) },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `archive/data/${key}`, bytes })),
  ]);

/** What torch.save wrote before PyTorch 1.6. */
export function torchLegacy(value: Buffer, storages: Record<string, { count: number; bytes: Buffer }>): Buffer {
  const magic = Buffer.concat([Buffer.from([0x8a, 0x0a]), Buffer.from('1950a86a20f9469cfc6c', 'hex').reverse()]);
  const keys = pickled.list(...Object.keys(storages).map(pickled.text));
  const pickles = [magic, pickled.integer(1001), pickled.dictionary({ protocol_version: pickled.integer(1001) }), value, keys];
  return Buffer.concat([...pickles.map(pickled.whole), ...Object.values(storages).flatMap(({ count, bytes }) => [le(8, count), bytes])]);
}

/** A .safetensors file with any header over any data. */
export function safetensors(header: unknown, data: Buffer, claimedHeaderBytes?: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return Buffer.concat([le(8, claimedHeaderBytes ?? text.length), text, data]);
}

export const float32 = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
