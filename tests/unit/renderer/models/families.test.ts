import { expect, it } from 'vitest';
import { aboutOf, exampleOf, familiesOf } from '../../../../src/renderer/features/models/families.ts';
import type { ModelSummary } from '../../../../src/shared/engine-protocol.ts';

const model = (name: string, scale: number, family: string | null, removable = false): ModelSummary =>
  ({ id: name, name, scale, family, removable }) as ModelSummary;

it('models of one family are one to a person, the smallest scale first; others are by themselves', () => {
  const list = [
    model('Onestep Photo ×4', 4, 'onestep-photo'),
    model('Other', 4, null),
    model('Onestep Photo ×2', 2, 'onestep-photo'),
    model('Mine ×2', 2, 'onestep-photo', true),
    model('Onestep Photo 2 ×4', 4, 'onestep-photo-2'),
  ];
  expect(familiesOf(list).map(({ name, choice, models }) => [name, choice, models.map(({ scale }) => scale)])).toEqual([
    ['Onestep Photo', 'onestep-photo', [2, 4]],
    ['Other', 'Other', [4]],
    ['Mine ×2', 'Mine ×2', [2]],
    ['Onestep Photo 2', 'Onestep Photo 2 ×4', [4]],
  ]);
});

it('names that have nothing in common stay the first one’s', () => {
  expect(familiesOf([model('A', 2, 'f'), model('B', 4, 'f')]).map(({ name }) => name)).toEqual(['A']);
});

it('our own models are told of in the person’s language, imported ones by their manifest', () => {
  expect(aboutOf(model('x', 2, 'onestep-photo'))).toBe('models.about.photo');
  expect(aboutOf(model('x', 2, 'onestep-photo', true))).toBeUndefined();
  expect(exampleOf(model('x', 2, 'onestep-photo'))).toBe('photos');
  expect(exampleOf(model('x', 2, 'onestep-photo', true))).toBeUndefined();
});
