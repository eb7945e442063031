import { optionNames, options, type OptionName } from '../../shared/options.ts';
import { problemAdvice, type ProblemCode } from '../../shared/problem.ts';

/** Keys whose English text stands in the tables of `src/shared`; the other languages have them in their message files. */
export type TableKey = `option.${OptionName}` | `option.${OptionName}.hint` | `advice.${ProblemCode}` | `problem.${ProblemCode}`;

const optionWords = optionNames.flatMap((name) => [
  [`option.${name}`, options[name].label],
  [`option.${name}.hint`, options[name].hint],
]);
const problemWords = Object.entries(problemAdvice).flatMap(([code, advice]) => [
  [`advice.${code}`, advice],
  // In English the engine's own sentence is shown, which knows the particulars.
  [`problem.${code}`, code],
]);

/** Braces of a table's text are no placeholders. */
const literally = (text: string): string => text.replaceAll(/[{}]/g, "'$&'");

export const tableWords = Object.fromEntries(
  [...optionWords, ...problemWords].map(([key = '', text = '']) => [key, literally(text)]),
) as Readonly<Record<TableKey, string>>;
