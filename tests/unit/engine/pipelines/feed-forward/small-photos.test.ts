import { expect, it } from 'vitest';
import type { Samples } from '../../../../../src/engine/image/pixels.ts';
import type { CheckedInference } from '../../../../../src/engine/pipelines/checked-inference.ts';
import { feedForward } from '../../../../../src/engine/pipelines/feed-forward/kind.ts';
import { eachDial } from '../../../../../src/shared/options.ts';
import { goldenModel, testFolder } from '../../../../support/golden.ts';
import { collector, memoryPixels, noise } from '../../../../support/memory-pixels.ts';

/** Each pixel twice both ways, of a graph that mirrors 16 pixels beyond its edges: narrower pictures are an error, as ONNX Runtime's Pad has it. */
const mirroring: Pick<CheckedInference, 'infer'> = {
  infer: ({ input, width, height, source, ...rest }) => {
    if (Math.min(width, height) <= 16) return Promise.reject(new Error('Pad: the size of an axis is too small for reflect'));
    const { channels } = source;
    const output = new Uint8Array(width * height * 4 * channels);
    for (let at = 0; at < output.length; at += 1) {
      const pixel = Math.floor(at / channels);
      const [x, y] = [pixel % (2 * width), Math.floor(pixel / (2 * width))];
      output[at] = (input as Samples)[((y >> 1) * width + (x >> 1)) * channels + (at % channels)] ?? 0;
    }
    expect(rest.read).toBeDefined();
    return Promise.resolve(output as never);
  },
};

it.each([
  [1, 1],
  [8, 8],
  [5, 40],
  [40, 3],
  [200, 7],
])('a photo of %i × %i goes through a graph that mirrors its edges', async (width, height) => {
  const format = { width, height, channels: 3, bits: 8 } as const;
  const photo = noise(format, 1);
  const result = collector(8);
  await feedForward(await goldenModel('identity-x2')).enlarge(memoryPixels(format, photo), {
    sink: result.sink,
    scratch: await testFolder(),
    tileRows: 0,
    dials: eachDial(() => null),
    inference: mirroring,
    onNotice: () => undefined,
  });
  const all = result.all();
  expect(all.length).toBe(width * height * 12);
  for (let y = 0; y < 2 * height; y += 1) {
    for (let x = 0; x < 2 * width; x += 1) {
      expect(all[(y * 2 * width + x) * 3]).toBe(photo[((y >> 1) * width + (x >> 1)) * 3]);
    }
  }
});
