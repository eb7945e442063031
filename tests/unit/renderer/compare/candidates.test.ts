import { expect, it } from 'vitest';
import { candidatesOf, firstCandidates } from '../../../../src/renderer/features/compare/candidates.ts';
import type { ModelSummary } from '../../../../src/shared/engine-protocol.ts';
import { defaultOptions } from '../../../../src/shared/options.ts';
import { Problem } from '../../../../src/shared/problem.ts';

const model = (id: string, scale: number, options: readonly string[] = [], damaged = false): ModelSummary => ({
  id,
  name: id,
  summary: '',
  family: null,
  scale,
  options,
  defaults: {},
  credits: [],
  author: '',
  experimental: false,
  removable: false,
  sources: [],
  precisions: ['fp32'],
  licence: 'MIT',
  limits: '',
  folder: '',
  problem: damaged ? new Problem('model-damaged', 'Damaged.').toData() : null,
});

const models = [model('twice', 2, ['strength']), model('plain', 4), model('four', 4, ['strength']), model('broken', 4, [], true)];

it('every model that works is a candidate, once per strength where it has one', () => {
  expect(candidatesOf(models)).toEqual([
    { model: 'twice', strength: 0 },
    { model: 'twice', strength: 0.5 },
    { model: 'twice', strength: 1 },
    { model: 'plain', strength: null },
    { model: 'four', strength: 0 },
    { model: 'four', strength: 0.5 },
    { model: 'four', strength: 1 },
  ]);
});

it('four are tried unasked: what was chosen, or what fits the scale, first', () => {
  expect(firstCandidates(models, { ...defaultOptions, model: 'four' }, 2).map(({ model: id }) => id)).toEqual([
    'four',
    'four',
    'four',
    'twice',
  ]);
  expect(firstCandidates(models, defaultOptions, 4).map(({ model: id }) => id)).toEqual(['plain', 'four', 'four', 'four']);
});

it('experimental models are tried unasked when they were chosen, or nothing else is left', () => {
  const some = [{ ...model('new', 4), experimental: true }, model('plain', 4), model('twice', 2)];
  const tried = (chosen: string): string[] => firstCandidates(some, { ...defaultOptions, model: chosen }, 4).map(({ model: id }) => id);
  expect(tried('auto')).toEqual(['plain', 'twice', 'new']);
  expect(tried('new')).toEqual(['new', 'plain', 'twice']);
});
