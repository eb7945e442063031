import { expect, it } from 'vitest';
import { eachOnce, shortNote } from '../../../../src/renderer/features/models/device-notes.ts';
import type { DeviceReport } from '../../../../src/shared/engine-protocol.ts';

it.each([
  ['Passed the self-test.', 'Passed the self-test.'],
  ['/build/onnxruntime/core/providers/cuda/cuda_call.cc:129 bool CudaCall(): CUDA failure 35', 'CUDA failure 35'],
  [
    'webgpu_context.cc:58 Initialize Failed to get a WebGPU adapter: No supported adapters.\nat somewhere',
    'Failed to get a WebGPU adapter: No supported adapters.',
  ],
  ['The library libcudnn.so.9 is not installed.', 'The library libcudnn.so.9 is not installed.'],
])('says of %j what a person needs', (note, told) => {
  expect(shortNote(note)).toBe(told);
});

it('is short whatever a driver says', () => {
  expect(shortNote('x '.repeat(500)).length).toBeLessThanOrEqual(161);
});

it('names a device that cannot be used once', () => {
  const report = (more: Partial<DeviceReport>): DeviceReport =>
    ({ label: 'WebGPU', device: '', available: false, model: null, precision: null, ...more }) as DeviceReport;
  const reports = [report({}), report({ model: 'x' }), report({ available: true, device: 'GPU', model: 'x', precision: 'fp16' })];
  expect(eachOnce(reports)).toEqual([reports[0], reports[2]]);
});
