import { problemWords, type ProblemData } from '../../shared/problem.ts';
import { currentSpeaker } from './words.svelte.ts';

/** A problem in the current language. Tracked. */
export const problemText = (problem: ProblemData): { readonly title: string; readonly advice: string } =>
  problemWords(problem, currentSpeaker());

/** Everything that is known about a problem, for the clipboard. */
export const problemDetails = (problem: ProblemData): string =>
  [`${problem.code}: ${problem.message}`, problem.advice, problem.detail].filter((line) => line !== undefined).join('\n');
