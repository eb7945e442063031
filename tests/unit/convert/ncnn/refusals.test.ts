import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNcnn } from '../../../../src/convert/ncnn/read.ts';
import { testFolder } from '../../../support/golden.ts';
import { NcnnModel, repeatingModel } from '../../../support/ncnn-files.ts';

async function read(param: string, bin: Uint8Array): Promise<unknown> {
  const folder = await testFolder();
  await writeFile(join(folder, 'net.param'), param);
  await writeFile(join(folder, 'net.bin'), bin);
  return readNcnn(join(folder, 'net.param'), join(folder, 'net.bin'));
}

const withLayer = (type: string, words: string): NcnnModel => new NcnnModel().layer('Input', '0 1 data').layer(type, words);

describe('an ncnn file that cannot be used', () => {
  it.each([
    ['an unknown layer', withLayer('Teleport', '1 1 data out'), 'unsupported-model', 'teleport_1 (Teleport)'],
    ['10⁹ channels', withLayer('Convolution', '1 1 data out 0=1000000000 1=3 6=27000000000'), 'unsupported-model', 'convolution_1'],
    [
      'channels that no file can hold',
      withLayer('Convolution', '1 1 data out 0=65536 1=64 6=805306368'),
      'damaged-model-file',
      'convolution_1',
    ],
    ['an impossible weight count', withLayer('Convolution', '1 1 data out 0=3 1=3 6=4'), 'unsupported-model', 'claims 4 weights'],
    ['an endless kernel', withLayer('Convolution', '1 1 data out 0=3 1=100000 6=9'), 'unsupported-model', 'kernel'],
    ['endless slopes', withLayer('PReLU', '1 1 data out 0=1000000000'), 'unsupported-model', 'slopes'],
    ['a pixel shuffle that does not fit', withLayer('PixelShuffle', '1 1 data out 0=2'), 'unsupported-model', 'do not fill'],
    ['a blob that nobody writes', withLayer('ReLU', '1 1 nowhere out'), 'unsupported-model', 'reads nowhere'],
    ['a result of another kind', withLayer('Concat', '2 1 data data out'), 'unsupported-model', '6 channels'],
    ['two inputs', withLayer('Input', '0 1 more'), 'unsupported-model', 'one picture'],
  ])('%s is refused in words', async (_, model, code, words) => {
    await expect(read(model.param, model.bin)).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  it.each([
    ['another first line', 'hello', 'line 1'],
    ['a wrong number of layers', '7767517\n3 3\nInput a 0 1 data', 'promises 3 layers'],
    ['10⁹ layers', '7767517\n1000000000 3\nInput a 0 1 data', 'no sensible number'],
    ['10⁹ blobs of a layer', '7767517\n1 1\nInput a 0 1000000000 data', 'is no layer'],
    ['a parameter that is no number', '7767517\n1 1\nInput a 0 1 data 0=x', 'no number'],
    ['a list of the wrong length', '7767517\n1 1\nInput a 0 1 data -23300=1000000000,1', 'wrong length'],
  ])('%s is no network', async (_, param, words) => {
    await expect(read(param, new Uint8Array())).rejects.toMatchObject({
      code: 'damaged-model-file',
      message: expect.stringContaining(words) as string,
    });
  });

  it('a .bin of another length is refused, with what is too much or missing', async () => {
    const { param, bin } = repeatingModel();
    await expect(read(param, bin.subarray(0, -4))).rejects.toMatchObject({ code: 'damaged-model-file' });
    const longer = Buffer.concat([bin, new Uint8Array(4)]);
    await expect(read(param, longer)).rejects.toMatchObject({ message: expect.stringContaining('4 bytes are left over') as string });
  });

  it('8-bit integer weights are refused by name', async () => {
    const { param, bin } = repeatingModel();
    const tagged = Buffer.from(bin);
    tagged.writeUInt32LE(0x000d4b38, 0);
    await expect(read(param, tagged)).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('8-bit integer weights') as string,
    });
  });

  it('a missing .bin is named', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'net.param'), repeatingModel().param);
    await expect(readNcnn(join(folder, 'net.param'), join(folder, 'net.bin'))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('net.bin') as string,
    });
  });

  it('what a file claims is never allocated', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const model = withLayer('Convolution', '1 1 data out 0=65536 1=64 6=805306368');
    await expect(read(model.param, model.bin)).rejects.toThrow();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});
