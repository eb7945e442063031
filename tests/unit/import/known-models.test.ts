import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownModel } from '../../../src/import/known-models.ts';
import rows from '../../../src/import/known-models.json' with { type: 'json' };
import { catalogueSchema } from '../../../src/shared/catalogue.ts';
import { forbidsCommercialUse } from '../../../src/shared/licences.ts';

const known = Object.keys(rows).map((sha256) => ({ sha256, model: knownModel([{ sha256 }]) }));

describe('what is known of model files', () => {
  it('is known of more than 500, each with a name, an author and a scale', () => {
    expect(known.length).toBeGreaterThan(500);
    for (const { sha256, model } of known) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(model?.name).not.toBe('');
      expect(model?.author).not.toBe('');
      expect([1, 2, 3, 4, 5, 8, 10, 16]).toContain(model?.scale);
    }
  });

  it('is what their authors say', () => {
    expect(knownModel([{ sha256: '4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1' }])).toMatchObject({
      licence: 'BSD-3-Clause',
      scale: 4,
      purpose: 'photographs',
    });
    expect(knownModel([{ sha256: '0'.repeat(64) }])).toBeNull();
    expect(knownModel([])).toBeNull();
  });

  it('agrees with the catalogue', () => {
    const { models } = catalogueSchema.parse(
      JSON.parse(readFileSync(join(import.meta.dirname, '../../../models/catalogue.json'), 'utf8')) as unknown,
    );
    for (const { files, licence, scale } of models) expect(knownModel(files)).toMatchObject({ licence, scale });
  });
});

describe('licences that forbid commercial use', () => {
  it.each(['CC-BY-NC-SA-4.0', 'CC-BY-NC-4.0', 'S-Lab License 1.0', 'non-commercial', 'Noncommercial'])('%s', (licence) => {
    expect(forbidsCommercialUse(licence)).toBe(true);
  });

  it.each(['MIT', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'Apache-2.0', 'GPL-3.0-only', 'WTFPL', 'NCSA', 'not stated', ''])(
    '%s does not',
    (licence) => {
      expect(forbidsCommercialUse(licence)).toBe(false);
    },
  );

  it('are among those that are known', () => {
    expect(known.filter(({ model }) => forbidsCommercialUse(model?.licence ?? '')).length).toBeGreaterThan(200);
  });
});
