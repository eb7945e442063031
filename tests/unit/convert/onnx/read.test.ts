import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/convert/graph/builder.ts';
import { ModelProtoSchema, type ModelProto } from '../../../../src/convert/graph/onnx-messages.ts';
import { floats, type Tensor } from '../../../../src/convert/graph/tensor.ts';
import { encodeGraph, writeGraph } from '../../../../src/convert/graph/write.ts';
import type { SourceNetwork } from '../../../../src/convert/source-network.ts';
import { readOnnx } from '../../../../src/convert/onnx/read.ts';
import { testFolder } from '../../../support/golden.ts';
import { runNetwork } from '../../../support/run-network.ts';

type Init = Parameters<typeof create<typeof ModelProtoSchema>>[1];

const picture = (dims: readonly (number | string)[] = [1, 3, 'h', 'w'], elemType = 1) => {
  const dim = dims.map((size) => ({
    value: typeof size === 'number' ? { case: 'dimValue' as const, value: BigInt(size) } : { case: 'dimParam' as const, value: size },
  }));
  return { value: { case: 'tensorType' as const, value: { elemType, shape: { dim } } } };
};

/** A model of one node that copies its input, changed by `change`. */
function modelWith(change: (model: ModelProto) => void): Uint8Array {
  const init: Init = {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'copy',
      node: [{ opType: 'Identity', name: 'copy', input: ['x'], output: ['y'] }],
      input: [{ name: 'x', type: picture() }],
      output: [{ name: 'y', type: picture() }],
    },
  };
  const model = create(ModelProtoSchema, init);
  change(model);
  return toBinary(ModelProtoSchema, model);
}

async function read(bytes: Uint8Array): Promise<SourceNetwork> {
  const path = join(await testFolder(), 'net.onnx');
  await writeFile(path, bytes);
  const network = await readOnnx(path);
  if ('does' in network) throw new Error('This is no network for photos.');
  return network;
}

const external =
  (location: string, length = 16, offset = 0) =>
  (model: ModelProto) => {
    const more = create(ModelProtoSchema, {
      graph: {
        initializer: [
          {
            name: 'w',
            dataType: 1,
            dims: [4n],
            dataLocation: 1,
            externalData: [
              { key: 'location', value: location },
              { key: 'offset', value: String(offset) },
              { key: 'length', value: String(length) },
            ],
          },
        ],
      },
    });
    model.graph?.initializer.push(...(more.graph?.initializer ?? []));
  };

const node = (model: ModelProto) => {
  const [first] = model.graph?.node ?? [];
  if (first === undefined) throw new Error('no node');
  return first;
};

describe('an ONNX file that cannot be used', () => {
  it.each<[string, (model: ModelProto) => void, string, string]>([
    ['an operator of somebody else', (model) => (node(model).domain = 'evil.example'), 'unsupported-model', 'evil.example'],
    [
      'functions of its own',
      (model) => model.functions.push(...[{ $typeName: 'onnx.FunctionProto', name: 'f' } as const]),
      'unsupported-model',
      'operators of its own',
    ],
    [
      'operators of long ago',
      (model) => (model.opsetImport = [{ $typeName: 'onnx.OperatorSetIdProto', domain: '', version: 8n }]),
      'unsupported-model',
      'version 8',
    ],
    [
      'operators of the future',
      (model) => (model.opsetImport = [{ $typeName: 'onnx.OperatorSetIdProto', domain: '', version: 99n }]),
      'unsupported-model',
      'version 99',
    ],
    ['two inputs', (model) => model.graph?.input.push(...model.graph.output), 'unsupported-model', 'more than one'],
    ['weights outside its folder', external('../secrets.bin'), 'unsafe-model-file', '../secrets.bin'],
    ['weights at an absolute path', external('/etc/passwd'), 'unsafe-model-file', '/etc/passwd'],
    ['weights at a Windows path', external('C:\\secrets.bin'), 'unsafe-model-file', 'C:'],
    ['weights in a sub-folder that climbs out', external('a/../../b'), 'unsafe-model-file', 'outside its folder'],
    ['weights that are not there', external('weights.bin'), 'not-found', 'weights.bin'],
    ['weights of another length than their shape', external('weights.bin', 1_000_000_000), 'damaged-model-file', 'does not fit'],
    ['weights at a negative place', external('weights.bin', 16, -5), 'damaged-model-file', 'does not fit'],
  ])('%s is refused in words', async (_, change, code, words) => {
    await expect(read(modelWith(change))).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  it.each([
    ['a shape of 10⁹ × 10⁹', [10n ** 9n, 10n ** 9n], 'impossible shape'],
    ['a negative size', [-4n], 'impossible shape'],
    ['a shape that its bytes do not fill', [1_000_000n], 'has 4 bytes'],
  ])('a tensor with %s is refused before anything is allocated', async (_, dims, words) => {
    const before = process.memoryUsage().arrayBuffers;
    const model = modelWith((proto) => {
      const made = create(ModelProtoSchema, { graph: { initializer: [{ name: 'w', dataType: 1, dims, rawData: new Uint8Array(4) }] } });
      proto.graph?.initializer.push(...(made.graph?.initializer ?? []));
    });
    await expect(read(model)).rejects.toMatchObject({ code: 'damaged-model-file', message: expect.stringContaining(words) as string });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  it('pictures of two planes, of no shape that fits, or of integers are refused', async () => {
    const withInput = (dims: readonly (number | string)[], type = 1): Promise<unknown> =>
      read(
        modelWith((model) => {
          const made = create(ModelProtoSchema, { graph: { input: [{ name: 'x', type: picture(dims, type) }] } });
          if (model.graph !== undefined) model.graph.input = made.graph?.input ?? [];
        }),
      );
    await expect(withInput([1, 2, 'h', 'w'])).rejects.toMatchObject({ code: 'unsupported-model' });
    await expect(withInput([1, 3])).rejects.toMatchObject({ code: 'unsupported-model' });
    await expect(withInput([1, 3, 8, 8], 7)).rejects.toMatchObject({ message: expect.stringContaining('int64') as string });
  });

  it('noise, an empty file and a cut one are no ONNX files', async () => {
    for (const bytes of [Buffer.from('hello, world'), new Uint8Array(), modelWith(() => undefined).subarray(0, 40)]) {
      await expect(read(bytes)).rejects.toMatchObject({ code: 'damaged-model-file' });
    }
  });

  it('graphs in graphs in graphs do not end the process', async () => {
    let attribute: Buffer = Buffer.alloc(0);
    const field = (number: number, bytes: Buffer): Buffer => {
      const length: number[] = [];
      for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
        length.push((rest % 128) | (rest >= 128 ? 128 : 0));
        if (rest < 128) break;
      }
      return Buffer.concat([Buffer.of(number * 8 + 2), Buffer.from(length), bytes]);
    };
    // AttributeProto.g (6) → GraphProto.node (1) → NodeProto.attribute (5) → …
    for (let depth = 0; depth < 3000; depth += 1) attribute = field(5, field(6, field(1, attribute)));
    await expect(read(field(7, field(1, attribute)))).rejects.toMatchObject({ code: expect.stringMatching(/model/) as string });
  });

  it('a link that leads out of the folder is not followed', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'outside.bin'), new Uint8Array(16));
    await mkdir(join(folder, 'model'));
    await symlink(join(folder, 'outside.bin'), join(folder, 'model', 'weights.bin'));
    await writeFile(join(folder, 'model', 'net.onnx'), modelWith(external('weights.bin')));
    await expect(readOnnx(join(folder, 'model', 'net.onnx'))).rejects.toMatchObject({ code: 'unsafe-model-file' });
  });
});

describe('an ONNX file', () => {
  const gain = (b: GraphBuilder, x: string, weight: Tensor): string => b.conv(x, 'conv', weight);
  const one = floats([3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1]);

  it('of a fixed size is taken for one of any size', async () => {
    const b = new GraphBuilder('fixed');
    b.output('y', gain(b, b.input('x', [1, 3, 8, 8]), one), [1, 3, 8, 8]);
    const { graph, layout } = await read(await encodeGraph(b.finish()));
    expect(layout).toBe('nchw');
    expect(graph.inputs).toMatchObject([{ dims: [1, 3, 'height', 'width'] }]);
    expect((await runNetwork(graph, [1, 3, 1, 2], [1, 2, 3, 4, 5, 6])).values).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it('with colours last is known by their place', async () => {
    const b = new GraphBuilder('pixels');
    const planes = b.transpose(b.input('x', [1, 'h', 'w', 3]), [0, 3, 1, 2]);
    b.output('y', b.transpose(gain(b, planes, one), [0, 2, 3, 1]), [1, 'h', 'w', 3]);
    expect(await read(await encodeGraph(b.finish()))).toMatchObject({ layout: 'nhwc' });
  });

  it('in half precision is computed in float32', async () => {
    const b = new GraphBuilder('half', { precision: 'float16' });
    const half: Tensor = { kind: 'float16', dims: [3, 3, 1, 1], bytes: Uint8Array.from([0, 0x38, ...new Uint8Array(16)]) };
    b.output('y', gain(b, b.input('x', [1, 3, 'h', 'w']), half), [1, 3, 'h', 'w']);
    const { graph } = await read(await encodeGraph(b.finish()));
    expect([...graph.inputs, ...graph.outputs, ...graph.constants.values()].map(({ kind }) => kind)).not.toContain('float16');
    expect((await runNetwork(graph, [1, 3, 1, 1], [1, 0, 0])).values).toEqual(Float32Array.of(0.5, 0, 0));
  });

  it('may have its weights in Constant nodes and typed fields', async () => {
    const model = modelWith((proto) => {
      const made = create(ModelProtoSchema, {
        graph: {
          node: [
            {
              opType: 'Constant',
              name: 'c',
              output: ['w'],
              attribute: [{ name: 'value', type: 4, t: { dataType: 1, dims: [1n], floatData: [3] } }],
            },
            { opType: 'Mul', name: 'mul', input: ['x', 'w'], output: ['y'] },
          ],
        },
      });
      if (proto.graph !== undefined) proto.graph.node = made.graph?.node ?? [];
    });
    const { graph } = await read(model);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Mul']);
    expect((await runNetwork(graph, [1, 3, 1, 1], [1, 2, 3])).values).toEqual(Float32Array.of(3, 6, 9));
  });

  it('may have them in a file beside it', async () => {
    const folder = await testFolder();
    const b = new GraphBuilder('outside');
    const weight = floats(
      [512, 3, 1, 1],
      Float32Array.from({ length: 1536 }, (_, index) => index),
    );
    const mean = floats(
      [3, 512, 1, 1],
      Float32Array.from({ length: 1536 }, () => 1 / 512),
    );
    b.output('y', b.conv(gain(b, b.input('x', [1, 3, 'h', 'w']), weight), 'back', mean), [1, 3, 'h', 'w']);
    await writeGraph(folder, 'net', b.finish(), 0);
    const { graph } = await readOnnx(join(folder, 'net.onnx'));
    const { bytes } = graph.constants.get('conv.weight') ?? {};
    if (bytes === undefined || bytes instanceof Uint8Array) throw new Error('expected bytes that are read later');
    expect(Buffer.compare(await bytes.read(), (await readFile(join(folder, 'net.onnx.data'))).subarray(0, bytes.length))).toBe(0);
  });
});
