import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluationRequest } from '../../shared/evaluation.ts';
import { openPhoto, type Photo } from '../photo/open.ts';
import { withScratch } from '../scratch.ts';
import { viewableMegapixels } from '../view/viewable.ts';
import { pictureOf, type Picture } from './picture.ts';

export interface Pictures {
  readonly result: Picture;
  readonly reference: Picture | null;
  readonly source: Picture | null;
}

/** Decodes photos, each in a folder of its own, and lets go of them when the work is done. */
export async function withPictures<Answer>(
  { result, reference, source }: Pick<EvaluationRequest, 'result' | 'reference' | 'source'>,
  temporaryFolder: string,
  signal: AbortSignal | undefined,
  work: (pictures: Pictures) => Promise<Answer>,
): Promise<Answer> {
  return withScratch(temporaryFolder, async (scratch) => {
    const opened: Photo[] = [];
    const open = async (path: string, name: string): Promise<Picture> => {
      const own = join(scratch, name);
      await mkdir(own);
      const photo = await openPhoto(path, { maxMegapixels: viewableMegapixels, scratch: own, signal });
      opened.push(photo);
      return pictureOf(photo);
    };
    try {
      return await work({
        result: await open(result, 'result'),
        reference: reference === null ? null : await open(reference, 'reference'),
        source: source === null ? null : await open(source, 'source'),
      });
    } finally {
      for (const photo of opened) await photo.close();
    }
  });
}
