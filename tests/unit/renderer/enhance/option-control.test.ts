import { describe, expect, it } from 'vitest';
import { controlOf } from '../../../../src/renderer/features/enhance/option-control.ts';

describe('the control of an option', () => {
  it('follows from its row in the table', () => {
    expect(controlOf('exact')).toEqual({ kind: 'switch' });
    expect(controlOf('onCollision')).toEqual({ kind: 'choice', choices: ['number', 'skip', 'overwrite-result'] });
    expect(controlOf('tile')).toEqual({ kind: 'number', min: 0, max: 4096, step: 1 });
    expect(controlOf('maxMegapixels')).toEqual({ kind: 'number', min: 1, max: 10_000, step: 'any' });
    expect(controlOf('background')).toEqual({ kind: 'colour' });
    expect(controlOf('name')).toEqual({ kind: 'text' });
  });
});
