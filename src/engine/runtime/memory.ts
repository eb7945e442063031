/**
 * Messages of failed allocations: C++ (`std::bad_alloc`), V8 (`Array buffer allocation failed`), ONNX Runtime's arena
 * (`Failed to allocate memory for requested buffer`), CUDA (error 2, cuDNN and cuBLAS ALLOC_FAILED), Direct3D
 * (E_OUTOFMEMORY 8007000E; 887A0005 DEVICE_REMOVED is not one), Dawn / Vulkan (OUT_OF_DEVICE_MEMORY), Metal.
 */
const outOfMemory =
  /bad_alloc|bad allocation|out of memory|out_of_(?:device_|host_)?memory|outofmemory|failed to allocate|allocation failed|alloc_failed|8007000e|cuda (?:failure|error) 2\b|not enough memory|insufficient memory|std::length_error/i;

/** True where an error of native code or of V8 means that memory ran out. The only place that reads error messages. */
export function isOutOfMemory(error: unknown): boolean {
  // eslint-disable-next-line no-restricted-syntax -- native code has no codes for it
  return error instanceof Error && outOfMemory.test(error.message);
}
