import * as z from 'zod';
import { options, type OptionName } from '../../../shared/options.ts';

/** How an option is set, as its row in the table says. */
export type OptionControl =
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number | 'any' }
  | { readonly kind: 'colour' }
  | { readonly kind: 'text' };

/** Of numbers that must be more than nothing. */
const smallest = 1;

/** For options that need no control of their own. */
export function controlOf(name: OptionName): OptionControl {
  const row = z.toJSONSchema(options[name].schema as z.ZodType);
  if (row.type === 'boolean') return { kind: 'switch' };
  if (row.enum !== undefined) return { kind: 'choice', choices: row.enum.map(String) };
  if (row.type === 'integer' || row.type === 'number') {
    const { exclusiveMinimum, minimum = exclusiveMinimum === undefined ? 0 : smallest, maximum = Number.MAX_SAFE_INTEGER } = row;
    return { kind: 'number', min: minimum, max: maximum, step: row.type === 'integer' ? 1 : 'any' };
  }
  return row.pattern === undefined ? { kind: 'text' } : { kind: 'colour' };
}
