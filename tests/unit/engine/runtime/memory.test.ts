import { describe, expect, it } from 'vitest';
import { isOutOfMemory } from '../../../../src/engine/runtime/memory.ts';

describe('isOutOfMemory', () => {
  it.each([
    'std::bad_alloc',
    'bad allocation',
    'Array buffer allocation failed',
    'Failed to allocate memory for requested buffer of size 4831838208',
    'CUDA failure 2: out of memory ; GPU=0',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
    'DmlExecutionProvider: 8007000E Not enough memory resources are available to complete this operation.',
    'Device lost: VK_ERROR_OUT_OF_DEVICE_MEMORY',
  ])('knows %s', (message) => expect(isOutOfMemory(new Error(message))).toBe(true));

  it.each(['No supported adapters', '887A0005 The GPU device instance has been suspended', 'Got invalid dimensions for input: image'])(
    'leaves %s alone',
    (message) => expect(isOutOfMemory(new Error(message))).toBe(false),
  );

  it('knows what V8 says when a buffer is too large', () => {
    let error: unknown;
    try {
      new ArrayBuffer(2 ** 52);
    } catch (caught) {
      error = caught;
    }
    expect(isOutOfMemory(error)).toBe(true);
  });
});
