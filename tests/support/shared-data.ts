import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** Photographs and test sets that lie beside the clone, where they do; nothing of them is part of the project. */
const folder = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** The path of a file of the shared data, whether it exists or not. */
export const sharedData = (...parts: string[]): string => join(folder, ...parts);

export const hasSharedData = existsSync(folder);

/** The path of one of the reference tables and programs that lie beside the shared data. */
export const sharedReference = (...parts: string[]): string => join(folder, '..', 'reference', ...parts);

export const hasSharedReference = existsSync(sharedReference());
