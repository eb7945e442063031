import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { catalogueSchema, type Catalogue } from '../../shared/catalogue.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';

/** @throws Problem not-found, damaged-model-file where the catalogue of this installation is missing or is none */
export async function readCatalogue(path: string): Promise<Catalogue> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Problem('not-found', sentence('download.noCatalogue'), { detail: path, cause: error });
  });
  try {
    return catalogueSchema.parse(JSON.parse(text));
  } catch (error) {
    const detail = `${path}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`;
    const advice = 'Install Onestep again.';
    throw new Problem('damaged-model-file', sentence('download.catalogueUnreadable'), { detail, advice, cause: error });
  }
}
