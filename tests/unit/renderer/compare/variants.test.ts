import { expect, it } from 'vitest';
import { firstVariants, optionsOf, variantsOf, variantTitle, variantWords } from '../../../../src/renderer/features/compare/variants.ts';
import type { ModelSummary } from '../../../../src/shared/engine-protocol.ts';
import { defaultOptions, noDials } from '../../../../src/shared/options.ts';
import { Problem } from '../../../../src/shared/problem.ts';

const model = (id: string, scale: number, options: readonly string[] = [], damaged = false, strength = 0.75): ModelSummary => ({
  id,
  name: id,
  summary: '',
  family: null,
  scale,
  options,
  defaults: options.includes('strength') ? { strength } : {},
  credits: [],
  author: '',
  experimental: false,
  removable: false,
  quantisable: false,
  faces: null,
  sources: [],
  precisions: ['fp32'],
  licence: 'MIT',
  limits: '',
  folder: '',
  problem: damaged ? new Problem('model-damaged', 'Damaged.').toData() : null,
});

const models = [model('twice', 2, ['strength']), model('plain', 4), model('four', 4, ['strength']), model('broken', 4, [], true)];

const none = noDials;
const usual = (model: string) => ({ model, dials: none, usual: 0.75 });
const strong = (model: string, strength: number) => ({ model, dials: { ...none, strength } });

it('every model that works is a variant as it does by itself, and once per position of its first dial', () => {
  expect(variantsOf(models)).toEqual([
    usual('twice'),
    strong('twice', 0),
    strong('twice', 0.5),
    strong('twice', 1),
    { model: 'plain', dials: none },
    usual('four'),
    strong('four', 0),
    strong('four', 0.5),
    strong('four', 1),
  ]);
});

it('a variant leaves alone the other dials that its model has, and clears those that it has not', () => {
  const [byItself, least] = variantsOf([model('both', 4, ['strength', 'fidelity'])]);
  expect(least?.dials).toEqual({ strength: 0, semantic: null, grain: null });
  const options = { ...defaultOptions, strength: 0.9, semantic: 0.3, fidelity: 0.4, grain: 0.1 };
  expect(byItself && optionsOf(byItself, options)).toEqual({ ...options, model: 'both', strength: null, semantic: null, grain: null });
  expect(least && optionsOf(least, options)).toEqual({ ...options, model: 'both', strength: 0, semantic: null, grain: null });
});

it('a variant is called by how its dials are set', () => {
  const [byItself, least, middle] = variantsOf([model('twice', 2, ['strength'])]);
  expect(byItself && variantWords(byItself)).toBe('Default (75%)');
  expect(byItself && variantTitle(byItself, 'Photo ×2')).toBe('Photo ×2 · Default');
  expect(least && variantWords(least)).toBe('Strength 0%');
  expect(middle && variantTitle(middle, 'Photo ×2')).toBe('Photo ×2 · 50%');
  expect(variantWords({ model: 'plain', dials: none })).toBe('Try it');
  expect(variantTitle({ model: 'plain', dials: none }, 'Plain')).toBe('Plain');
});

it('a position that is the model’s own is tried once', () => {
  expect(variantsOf([model('full', 2, ['strength'], false, 1)]).map(variantWords)).toEqual([
    'Default (100%)',
    'Strength 0%',
    'Strength 50%',
  ]);
});

it('five are tried unasked: what was chosen, or what fits the scale, first', () => {
  expect(firstVariants(models, { ...defaultOptions, model: 'four' }, 2).map(({ model: id }) => id)).toEqual([
    'four',
    'four',
    'four',
    'four',
    'twice',
  ]);
  expect(firstVariants(models, defaultOptions, 4).map(({ model: id }) => id)).toEqual(['plain', 'four', 'four', 'four', 'four']);
});

it('experimental models are tried unasked when they were chosen, or nothing else is left', () => {
  const some = [{ ...model('new', 4), experimental: true }, model('plain', 4), model('twice', 2)];
  const tried = (chosen: string): string[] => firstVariants(some, { ...defaultOptions, model: chosen }, 4).map(({ model: id }) => id);
  expect(tried('auto')).toEqual(['plain', 'twice', 'new']);
  expect(tried('new')).toEqual(['new', 'plain', 'twice']);
});
