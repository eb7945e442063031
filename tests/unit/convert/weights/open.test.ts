import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWeights } from '../../../../src/convert/weights/open.ts';
import { readFloats } from '../../../../src/convert/weights/state-dict.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { float32, pickled, safetensors, torchLegacy, torchZip, zip } from '../../../support/weight-files.ts';
import { needs } from '../../../support/needs.ts';

/** Name → shape and numbers of every tensor in a file with these bytes. */
async function contentOf(bytes: Buffer): Promise<Record<string, { dims: readonly number[]; values: number[] }>> {
  const path = join(await temporaryFolder(), 'weights');
  await writeFile(path, bytes);
  const file = await openWeights(path);
  try {
    const content: Awaited<ReturnType<typeof contentOf>> = {};
    for (const [name, tensor] of file.tensors) content[name] = { dims: tensor.dims, values: [...(await readFloats(tensor))] };
    return content;
  } finally {
    await file.close();
  }
}

const six = float32(1, 2, 3, 4, 5, 6);

describe('.safetensors', () => {
  it('gives tensors of every kind of real number', async () => {
    const data = Buffer.concat([
      six,
      Buffer.from([0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00]),
      Buffer.from([0xc0, 0x3f]),
      Buffer.from(Float64Array.of(0.25).buffer),
    ]);
    const header = {
      __metadata__: { format: 'pt' },
      single: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      half: { dtype: 'F16', shape: [3], data_offsets: [24, 30] },
      brain: { dtype: 'BF16', shape: [1, 1], data_offsets: [30, 32] },
      double: { dtype: 'F64', shape: [], data_offsets: [32, 40] },
    };
    expect(await contentOf(safetensors(header, data))).toEqual({
      single: { dims: [2, 3], values: [1, 2, 3, 4, 5, 6] },
      half: { dims: [3], values: [1, -2, 2 ** -24] },
      brain: { dims: [1, 1], values: [1.5] },
      double: { dims: [], values: [0.25] },
    });
  });

  const entry = (shape: number[], data_offsets: number[], dtype = 'F32'): object => ({ dtype, shape, data_offsets });
  it.each([
    ['a header larger than the file', safetensors({ a: entry([6], [0, 24]) }, six, 1e6), /ends too early/],
    ['a header of 2^62 bytes', safetensors({ a: entry([6], [0, 24]) }, six, 2 ** 62), /claims 46116/],
    ['a header that is no JSON', safetensors('{"a":', six), /not JSON/],
    ['a header of 100 000 brackets', safetensors(`{"a":${'['.repeat(100_000)}`, six), /not JSON/],
    ['a tensor outside the file', safetensors({ a: entry([7], [0, 28]) }, six), /outside the file/],
    ['a tensor of 10^18 numbers', safetensors({ a: entry([1e9, 1e9], [0, 24]) }, six), /does not fit its shape/],
    ['a size that does not fit the shape', safetensors({ a: entry([5], [0, 24]) }, six), /does not fit its shape/],
    ['tensors that overlap', safetensors({ a: entry([4], [0, 16]), b: entry([3], [12, 24]) }, six), /overlaps/],
    ['an end before the start', safetensors({ a: entry([1], [8, 4]) }, six), /does not fit its shape/],
    ['a name that a terminal would obey', safetensors({ '\u001b[2J': entry([5], [0, 24]) }, six), /tensor \?\[2J does/],
    ['a negative size', safetensors({ a: entry([-1], [0, 4]) }, six), /nothing usable about a/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(contentOf(bytes)).rejects.toMatchObject({ code: 'damaged-model-file', message: expect.stringMatching(message) as string });
  });

  it('refuses numbers of a kind that it does not know', async () => {
    const bytes = safetensors({ a: entry([6], [0, 6], 'F8_E4M3') }, six);
    await expect(contentOf(bytes)).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('F8_E4M3') as string,
    });
  });
});

const tensor = pickled.tensor({ length: 6, shape: [2, 3] });
const plain = { dims: [2, 3], values: [1, 2, 3, 4, 5, 6] };

describe.each([
  ['.pth', (value: Buffer) => torchZip(value, { 0: six })],
  ['old .pth', (value: Buffer) => torchLegacy(value, { 0: { count: 6, bytes: six } })],
])('%s', (_, write) => {
  it('gives the tensors of a dictionary and leaves the rest', async () => {
    const value = pickled.dictionary({
      a: tensor,
      'b.c': pickled.call(pickled.global('torch._utils', '_rebuild_parameter'), tensor, pickled.no, pickled.none),
      epoch: pickled.integer(7),
      arguments: Buffer.concat([
        pickled.global('argparse', 'Namespace'),
        Buffer.from([0x29, 0x81]),
        pickled.dictionary({ lr: pickled.none }),
        Buffer.from('b'),
      ]),
    });
    expect(await contentOf(write(value))).toEqual({ a: plain, 'b.c': plain });
  });

  it('puts strided and shared tensors in order', async () => {
    const value = pickled.dictionary({
      turned: pickled.tensor({ length: 6, shape: [3, 2], strides: [1, 3] }),
      column: pickled.tensor({ length: 6, shape: [2, 1], strides: [3, 7], offset: 2 }),
      last: pickled.tensor({ length: 6, shape: [2], offset: 4 }),
      none: pickled.tensor({ length: 6, shape: [0, 9], offset: 4 }),
    });
    expect(await contentOf(write(value))).toEqual({
      turned: { dims: [3, 2], values: [1, 4, 2, 5, 3, 6] },
      column: { dims: [2, 1], values: [3, 6] },
      last: { dims: [2], values: [5, 6] },
      none: { dims: [0, 9], values: [] },
    });
  });

  it.each([
    ['params_ema', 'module.'],
    ['params', 'module.'],
    ['params-ema', 'module.'],
    ['state_dict', 'netG.'],
    ['model', 'module.'],
    ['net', 'netG.'],
    ['netG', 'module.'],
  ])('looks into %s and drops %s', async (wrapper, prefix) => {
    const value = pickled.dictionary({ [wrapper]: pickled.dictionary({ [`${prefix}a`]: tensor, [`${prefix}b`]: tensor }) });
    expect(Object.keys(await contentOf(write(value)))).toEqual(['a', 'b']);
  });

  it('prefers the moving average', async () => {
    const value = pickled.dictionary({ params: pickled.dictionary({ a: tensor }), params_ema: pickled.dictionary({ b: tensor }) });
    expect(Object.keys(await contentOf(write(value)))).toEqual(['b']);
  });

  it.each([
    ['more numbers than its storage has', { length: 9, shape: [9] }, /outside its storage/],
    ['an offset outside', { length: 6, shape: [1], offset: 6 }, /outside its storage/],
    ['10^18 numbers by strides of zero', { length: 6, shape: [1e9, 1e9], strides: [0, 0] }, /more than once/],
    ['a negative size', { length: 6, shape: [-1] }, /makes no sense/],
    ['a storage that is not there', { length: 6, shape: [6], key: '1' }, /missing|list of storages/],
  ])('refuses a tensor with %s', async (_, described, message) => {
    const bytes = write(pickled.dictionary({ a: pickled.tensor(described) }));
    await expect(contentOf(bytes)).rejects.toMatchObject({ code: 'damaged-model-file', message: expect.stringMatching(message) as string });
  });

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['__main__', 'Network'],
  ])('refuses to call %s.%s, by its name', async (module, name) => {
    const bytes = write(pickled.dictionary({ a: pickled.call(pickled.global(module, name), pickled.text('touch /tmp/x')), b: tensor }));
    const message = expect.stringContaining(`${module}.${name}`) as string;
    await expect(contentOf(bytes)).rejects.toMatchObject({ code: 'unsafe-model-file', message });
  });

  it('refuses a file that ends anywhere before its end', async () => {
    const bytes = write(pickled.dictionary({ a: tensor }));
    for (let length = 0; length < bytes.length; length += 3) {
      const code = expect.stringMatching(/^(damaged-model-file|unsupported-model)$/) as string;
      await expect(contentOf(bytes.subarray(0, length))).rejects.toMatchObject({ code });
    }
  });

  it('says when there are no tensors', async () => {
    const value = pickled.dictionary({ epoch: pickled.integer(1) });
    await expect(contentOf(write(value))).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});

describe('hostile .pth', () => {
  it.each([
    ['0', Buffer.from("cos\nsystem\n(S'id'\ntR.")],
    ['2', pickled.whole(pickled.call(pickled.global('os', 'system'), pickled.text('id')))],
    [
      '4',
      Buffer.concat([
        Buffer.from([0x80, 4, 0x8c, 2]),
        Buffer.from('os'),
        Buffer.from([0x8c, 6]),
        Buffer.from('system'),
        Buffer.from([0x93, 0x8c, 2]),
        Buffer.from('id'),
        Buffer.from([0x85, 0x52, 0x2e]),
      ]),
    ],
  ])('refuses os.system in protocol %s', async (_, pickle) => {
    const bytes = zip([{ name: 'archive/data.pkl', bytes: pickle }]);
    await expect(contentOf(bytes)).rejects.toMatchObject({
      code: 'unsafe-model-file',
      message: expect.stringContaining('os.system') as string,
    });
  });

  it('refuses a bare pickle of another program', async () => {
    await expect(contentOf(pickled.whole(pickled.call(pickled.global('os', 'system'))))).rejects.toMatchObject({
      code: 'unsafe-model-file',
    });
    await expect(contentOf(Buffer.from("cposix\nsystem\n(S'id'\ntR."))).rejects.toMatchObject({ code: 'unsafe-model-file' });
    await expect(contentOf(pickled.whole(pickled.text('hello')))).rejects.toMatchObject({ code: 'unsupported-model' });
  });

  it('refuses compressed parts, whatever they would grow to', async () => {
    const bomb = Buffer.alloc(50_000_000);
    const list = {
      name: 'archive/data.pkl',
      bytes: pickled.whole(pickled.dictionary({ a: pickled.tensor({ length: 12_500_000, shape: [12_500_000] }) })),
    };
    const message = expect.stringContaining('compressed') as string;
    for (const entries of [
      [list, { name: 'archive/data/0', bytes: bomb, deflate: true }],
      [list, { name: 'archive/data/0', bytes: bomb, deflate: true, claimed: 100 }],
      [{ name: 'archive/data.pkl', bytes: bomb, deflate: true }],
    ]) {
      await expect(contentOf(zip(entries))).rejects.toMatchObject({ code: 'damaged-model-file', message });
    }
  });

  it('refuses parts that claim to be larger than the file', async () => {
    const list = pickled.whole(pickled.dictionary({ a: pickled.tensor({ length: 1_000_000_000, shape: [1_000_000_000] }) }));
    const bytes = zip([
      { name: 'archive/data.pkl', bytes: list },
      { name: 'archive/data/0', bytes: six, claimed: 4_000_000_000 },
    ]);
    await expect(contentOf(bytes)).rejects.toMatchObject({ code: 'damaged-model-file' });
  });

  it.each([
    ['containers without end', Buffer.concat([Buffer.alloc(10_000_000, ']')])],
    ['marks without end', Buffer.alloc(10_000_000, '(')],
    ['lists in lists', Buffer.concat([Buffer.alloc(300_000, ']'), Buffer.alloc(299_999, 'a')])],
    ['a value that remembers itself', Buffer.from(']q\x00h\x00a')],
    ['doubling without end', Buffer.concat([Buffer.from(']'), ...Array.from({ length: 1000 }, () => Buffer.from('2\x86'))])],
    ['an instruction with nothing to work on', Buffer.from('R')],
    ['a mark that takes what lies under it', Buffer.from('](\x85')],
    ['a text of 4 GiB', Buffer.from('X\xff\xff\xff\xff', 'latin1')],
    ['an unknown instruction', Buffer.from('\xff', 'latin1')],
  ])('survives %s', async (_, value) => {
    const before = process.memoryUsage().heapUsed;
    const code = expect.stringMatching(/^(damaged-model-file|unsupported-model)$/) as string;
    await expect(contentOf(torchZip(value))).rejects.toMatchObject({ code });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400_000_000);
  });

  it('refuses many tensors that are the same numbers', async () => {
    const entries = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`t${index}`, pickled.tensor({ length: 1000, shape: [1000] })]),
    );
    const bytes = torchZip(pickled.dictionary(entries), { 0: Buffer.alloc(4000) });
    await expect(contentOf(bytes)).rejects.toMatchObject({
      code: 'damaged-model-file',
      message: expect.stringContaining('again') as string,
    });
  });
});

it('says what is no weight file at all', async () => {
  await expect(contentOf(safetensors({}, Buffer.alloc(0)))).rejects.toMatchObject({ code: 'unsupported-model' });
  await expect(contentOf(Buffer.from('<!DOCTYPE html><html>not found</html>'))).rejects.toMatchObject({ code: 'unsupported-model' });
  await expect(contentOf(zip([{ name: 'a.txt', bytes: Buffer.from('a') }]))).rejects.toMatchObject({ code: 'unsupported-model' });
  await expect(openWeights(join(await temporaryFolder(), 'none'))).rejects.toMatchObject({ code: 'not-found' });
  await expect(openWeights(await temporaryFolder())).rejects.toMatchObject({ code: 'not-readable' });
});

describe('files of others', needs('sharedData'), () => {
  it.each([
    ['NTIRE2024_ESR-team00_rlfn.pth', 78, 'float32'],
    ['NTIRE2024_ESR-team23_safmnpp.pth', 32, 'float32'],
    ['NTIRE2025_ESR-team24_spanf.pth', 35, 'float32'],
    ['SAFMN-light_safmnpp.pth', 12, 'float32'],
    ['taesd-taef2_decoder.pth', 79, 'float16'],
    ['taesd-taef2_encoder.pth', 79, 'float16'],
  ])('%s: %i tensors of %s', async (name, count, kind) => {
    const file = await openWeights(sharedData('weights', 'pytorch', name));
    try {
      expect(file.tensors.size).toBe(count);
      expect(new Set([...file.tensors.values()].map((tensor) => tensor.kind))).toEqual(new Set([kind]));
      for (const tensor of file.tensors.values()) expect((await readFloats(tensor)).every(Number.isFinite)).toBe(true);
    } finally {
      await file.close();
    }
  });
});
