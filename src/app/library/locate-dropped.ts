import type { DroppedFile } from '../../shared/library.ts';

export async function locateDropped(_: readonly DroppedFile[]): Promise<string[] | null> {
  return Promise.resolve(null);
}
