import { extensionOf } from './photo-extensions.ts';

/** Of files that models of other programs come in; what is in them, the import finds out. */
export const modelExtensions = ['param', 'bin', 'onnx', 'safetensors', 'pth', 'pt', 'ckpt', 'pkl', 'npy'] as const;

export const isModelName = (name: string): boolean => (modelExtensions as readonly string[]).includes(extensionOf(name));
