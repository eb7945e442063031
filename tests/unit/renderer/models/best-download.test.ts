import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bestDownload } from '../../../../src/renderer/features/models/best-download.ts';
import { catalogueSchema } from '../../../../src/shared/catalogue.ts';

it('recommends what is in the catalogue, the small one without a graphics card', () => {
  const { models } = catalogueSchema.parse(JSON.parse(readFileSync(join('models', 'catalogue.json'), 'utf8')));
  const [large, small] = [true, false].map((card) => models.find(({ id }) => id === bestDownload(card)));
  const bytes = (entry: typeof large): number => (entry?.files ?? []).reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  expect(bytes(small)).toBeGreaterThan(0);
  expect(bytes(large)).toBeGreaterThan(bytes(small));
});
