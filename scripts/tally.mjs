/** What checks and tests came to, and how it is told. */
import process from 'node:process';

/**
 * What a test needs and the machine has not, and the command that brings it (null: none does).
 * @typedef {{ lack: string, mend: string | null }} Lack
 * `lacks` has one for each test that could not run, also for those that count as failed for it.
 * @typedef {{ passed: number, failed: number, skipped: number, lacks: Lack[] }} Tally
 */

export const noSkips = { skipped: 0, lacks: [] };

/**
 * One line for each reason, the most frequent first.
 * @param {Lack[]} lacks
 * @returns {string[]}
 */
export function lackLines(lacks) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { lack, mend } of lacks) {
    const line = mend === null ? lack : `${lack}: \`${mend}\``;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([line, count]) => `${String(count).padStart(5)}  ${line}`);
}

/**
 * Says why tests did not run, then how everything ended, as the last line: `N passed, N failed, N skipped`. Sets the exit code.
 * @param {Tally[]} tallies
 */
export function tellTallies(tallies) {
  /** @param {'passed' | 'failed' | 'skipped'} name */
  const sum = (name) => tallies.reduce((total, tally) => total + tally[name], 0);
  const lines = lackLines(tallies.flatMap(({ lacks }) => lacks));
  if (lines.length > 0) console.log(`\nTests that did not run, and what would let them:\n${lines.join('\n')}\n`);
  if (sum('failed') > 0) process.exitCode = 1;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
}
