import { isProblemCode, type ProblemData } from '../../shared/problem.ts';
import { currentLanguage, say } from './words.svelte.ts';

/**
 * A problem for people. The engine speaks English and knows the particulars; in another language the code says what has happened
 * and what to do, and the engine's sentence is among the details.
 */
export function problemText(problem: ProblemData): { readonly title: string; readonly advice: string } {
  if (currentLanguage() === 'en' || !isProblemCode(problem.code)) return { title: problem.message, advice: problem.advice };
  return { title: say(`problem.${problem.code}`), advice: say(`advice.${problem.code}`) };
}

/** Everything that is known about a problem, for the clipboard. */
export const problemDetails = (problem: ProblemData): string =>
  [`${problem.code}: ${problem.message}`, problem.advice, problem.detail].filter((line) => line !== undefined).join('\n');
