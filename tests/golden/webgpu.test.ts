import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { enlargeInMemory, goldenModel, openForTest } from '../support/golden.ts';
import { noise } from '../support/memory-pixels.ts';

/** SwiftShader, as Debian's Chromium brings it: a Vulkan driver that computes on the processor. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const named = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES;
const driver = [named, swiftShader].find((file) => file !== undefined && file !== '' && existsSync(file));
const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib64/libvulkan.so.1', '/usr/lib/libvulkan.so.1'].some((file) =>
  existsSync(file),
);
const able = process.platform === 'linux' && process.arch === 'x64' && driver !== undefined && loader;

describe('WebGPU', () => {
  it.skipIf(!able)(
    'gives what the CPU gives, after its self-test (skipped where there is no libvulkan.so.1, or neither VK_ICD_FILENAMES nor Chromium’s SwiftShader)',
    async () => {
      process.env.VK_ICD_FILENAMES = driver;
      const model = await goldenModel('convolution-x2');
      const format = { width: 64, height: 49, channels: 3, bits: 8 } as const;
      const photo = noise(format);
      const { pipeline: cpu } = await openForTest(model, { options: { exact: true } });
      const { pipeline: webgpu, notices } = await openForTest(model, { options: { provider: 'webgpu' } });
      expect(notices).toEqual([]);
      expect(webgpu.provider).toBe('webgpu');
      const expected = await enlargeInMemory(cpu, format, photo);
      const result = await enlargeInMemory(webgpu, format, photo);
      let largest = 0;
      for (const [index, value] of result.entries()) largest = Math.max(largest, Math.abs(value - (expected[index] ?? 0)));
      expect(largest).toBeLessThanOrEqual(1);
    },
    180_000,
  );

  it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
    'gives way to the CPU with a notice where there is no driver (linux/x64)',
    async () => {
      const before = process.env.VK_ICD_FILENAMES;
      process.env.VK_ICD_FILENAMES = '';
      try {
        const { pipeline, notices } = await openForTest(await goldenModel('identity-x2'), { options: { provider: 'webgpu' } });
        expect(pipeline.provider).toBe('cpu');
        expect(notices).toEqual([{ code: 'provider-fallback', message: 'WebGPU is not used: No Vulkan driver is installed.' }]);
      } finally {
        if (before === undefined) delete process.env.VK_ICD_FILENAMES;
        else process.env.VK_ICD_FILENAMES = before;
      }
    },
  );
});
