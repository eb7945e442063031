import type * as z from 'zod';
import { options, type OptionName } from '../../../shared/options.ts';

/** How an option is set, as its row in the table says. */
export type OptionControl =
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number | 'any' }
  | { readonly kind: 'colour' }
  | { readonly kind: 'text' };

/** For options that need no control of their own. */
export function controlOf(name: OptionName): OptionControl {
  const schema: z.core.$ZodType = options[name].schema;
  if (isType(schema, 'boolean')) return { kind: 'switch' };
  if (isType(schema, 'enum')) return { kind: 'choice', choices: Object.keys(schema._zod.def.entries) };
  if (isType(schema, 'number')) {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema._zod.bag as { minimum?: number; maximum?: number };
    return { kind: 'number', min: minimum, max: maximum, step: schema._zod.bag.format === 'safeint' ? 1 : 'any' };
  }
  return name === 'background' ? { kind: 'colour' } : { kind: 'text' };
}

interface Types {
  boolean: z.core.$ZodBoolean;
  enum: z.core.$ZodEnum;
  number: z.core.$ZodNumber;
}
const isType = <Name extends keyof Types>(schema: z.core.$ZodType, name: Name): schema is Types[Name] => schema._zod.def.type === name;
