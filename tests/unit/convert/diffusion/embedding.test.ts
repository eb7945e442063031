import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEmbedding } from '../../../../src/convert/diffusion/embedding.ts';
import { testFolder } from '../../../support/golden.ts';
import { safetensorsOf } from '../../../support/stable-folder.ts';
import { float32, pickled, torchZip } from '../../../support/weight-files.ts';

const numbers = [0.5, -1, 2, 3.25, 0, -8];
const values = Float32Array.from(numbers);
const tensor = { dims: [1, 2, 3], values };

/** numpy.save(…): version 1.0, the header filled up with blanks. */
function numpyFile(kind: string, shape: string, data: Buffer): Buffer {
  const text = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117) + '\n';
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(text), data]);
}

const files: [string, Buffer][] = [
  ['a.safetensors', safetensorsOf(new Map([['anything', tensor]]))],
  [
    'b.safetensors',
    safetensorsOf(
      new Map([
        ['other', { dims: [1], values: Float32Array.of(1) }],
        ['embedding', tensor],
      ]),
    ),
  ],
  ['c.pt', torchZip(pickled.tensor({ length: 6, shape: [1, 2, 3] }), { 0: float32(...numbers) })],
  ['d.pt', torchZip(pickled.dictionary({ embedding: pickled.tensor({ length: 6, shape: [2, 3] }) }), { 0: float32(...numbers) })],
  ['e.npy', numpyFile('<f4', '1, 2, 3', float32(...numbers))],
  ['f.npy', numpyFile('<f8', '2, 3', Buffer.from(Float64Array.from(numbers).buffer))],
];

describe('an embedding', () => {
  it.each(files)('is read from %s', async (name, bytes) => {
    const path = join(await testFolder(), name);
    await writeFile(path, bytes);
    expect(await readEmbedding(path, 3)).toEqual({ tokens: 2, width: 3, values });
  });

  it('is refused where it does not fit, or is none', async () => {
    const folder = await testFolder();
    const refused = async (name: string, bytes: Buffer, code: string, message: RegExp): Promise<void> => {
      await writeFile(join(folder, name), bytes);
      await expect(readEmbedding(join(folder, name), 3)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    };
    await refused('wide.npy', numpyFile('<f4', '1, 1, 6', float32(...numbers)), 'unsupported-model', /has the shape \[1, 1, 6\]/);
    await refused('not.npy', numpyFile('<f4', '1, 2, 3', float32(1, Number.NaN, 3, 4, 5, 6)), 'unsupported-model', /not numbers/);
    await refused('short.npy', numpyFile('<f4', '1, 2, 3', float32(1)), 'damaged-model-file', /size does not fit/);
    await refused('whole.npy', numpyFile('<i8', '1, 2, 3', Buffer.alloc(48)), 'damaged-model-file', /other than rows of real numbers/);
    const two = new Map([
      ['a', tensor],
      ['b', tensor],
    ]);
    await refused('two.safetensors', safetensorsOf(two), 'unsupported-model', /none of its tensors is called embedding/);
  });
});
