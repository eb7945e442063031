import { describe, expect, it } from 'vitest';
import { vulkanDriver } from '../../scripts/system-packages.mjs';
import { enlargeInMemory, goldenModel, openForTest } from '../support/golden.ts';
import { noise } from '../support/memory-pixels.ts';
import { needs } from '../support/needs.ts';
import { sentence } from '../../src/shared/sentence.ts';

describe('WebGPU', () => {
  it('gives what the CPU gives, after its self-test', { ...needs('linuxX64', 'vulkan'), timeout: 180_000 }, async () => {
    process.env.VK_ICD_FILENAMES = vulkanDriver() ?? '';
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
  });

  it('gives way to the CPU with a notice where there is no driver', needs('linuxX64'), async () => {
    const before = process.env.VK_ICD_FILENAMES;
    process.env.VK_ICD_FILENAMES = '';
    try {
      const { pipeline, notices } = await openForTest(await goldenModel('identity-x2'), { options: { provider: 'webgpu' } });
      expect(pipeline.provider).toBe('cpu');
      expect(notices).toEqual([
        { code: 'provider-fallback', message: sentence('notice.notUsed', { device: 'WebGPU', reason: sentence('device.noVulkan') }) },
      ]);
    } finally {
      if (before === undefined) delete process.env.VK_ICD_FILENAMES;
      else process.env.VK_ICD_FILENAMES = before;
    }
  });
});
