import { InvalidArgumentError, Option, type Command } from 'commander';
import type * as z from 'zod';
import { optionNames, options, optionsSchema, type OptionName, type Options } from '../shared/options.ts';

interface RowFlag {
  readonly name: OptionName;
  readonly option: Option;
}

/** One commander option for every flag of the option table; the flags of one row exclude each other. */
function rowFlags(): RowFlag[] {
  return optionNames.flatMap((name) => {
    const row = options[name];
    const schema = row.schema as z.ZodType;
    const made = row.flags.map(({ flag, hint, read }) => {
      const option = new Option(flag, `${hint}${defaultInWords(hint, row.default)}`);
      if (!flag.includes('<')) return option;
      return option.argParser((text: string) => {
        const result = schema.safeParse(read(text));
        if (!result.success) throw new InvalidArgumentError(`Possible: ${hint}.`);
        return result.data;
      });
    });
    for (const option of made) option.conflicts(made.filter((other) => other !== option).map((other) => other.attributeName()));
    return made.map((option) => ({ name, option }));
  });
}

/** Numbers and words as they are, unless the hint already says them. */
function defaultInWords(hint: string, value: unknown): string {
  if (typeof value === 'number') return value === 0 ? '' : ` (default: ${value})`;
  return typeof value === 'string' && !hint.includes('default') ? ` (default: ${value})` : '';
}

/** Adds every flag of the option table to a command; the answer reads them from what the command parsed. */
export function addOptionFlags(command: Command): (parsed: Readonly<Record<string, unknown>>) => Options {
  const flags = rowFlags();
  for (const { option } of flags) command.addOption(option);
  return (parsed) => {
    const given: Partial<Record<OptionName, unknown>> = {};
    for (const { name, option } of flags) {
      const value = parsed[option.attributeName()];
      if (value !== undefined) given[name] = value;
    }
    return optionsSchema.parse(given);
  };
}
