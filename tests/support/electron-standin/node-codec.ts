import { makeCodec } from './codec.ts';

export const { encode, decode } = makeCodec({
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  // A copy of its own: a small Buffer is a view into a larger one.
  decode: (text) => Uint8Array.from(Buffer.from(text, 'base64')),
});
