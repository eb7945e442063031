/**
 * `node scripts/check-package.mjs <unpacked package>`: how large each part is that we add to Electron, beside what
 * resources/size-budgets.json allows, and whether the native parts of the target are there. Exit status 1 where a part, or the whole,
 * has grown by more than 5 % (a small part: by 1 MB), or a native part is missing. With `--write` the sizes become the budget.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { budgetFile, grown, megabytes, nativeTarget, packageSizes, sizeBudgets, total } from './package-contents.mjs';
import { PrepareError, runProgram } from './prepare.mjs';

/** @param {string} folder @param {boolean} write */
function report(folder, write) {
  const { target, missing } = nativeTarget(folder);
  const sizes = packageSizes(folder);
  const budgets = sizeBudgets();
  console.log(`${target}: ${megabytes(total(sizes))} beside Electron`);
  for (const [name, bytes] of Object.entries(sizes)) console.log(`  ${name.padEnd(24)} ${megabytes(bytes).padStart(10)}`);
  if (missing.length > 0) throw new PrepareError(`Missing: ${missing.join(', ')}`);
  if (write) {
    const known = { ...budgets, [target]: sizes };
    const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(budgetFile, `${JSON.stringify(sorted, null, 2)}\n`);
    return;
  }
  const tooLarge = grown(sizes, budgets[target] ?? {});
  if (tooLarge.length > 0) throw new PrepareError(`Grown too much:\n${tooLarge.join('\n')}`);
}

await runProgram(() => {
  const words = process.argv.slice(2);
  const folder = words.find((word) => !word.startsWith('-'));
  if (folder === undefined) throw new PrepareError('Which package? `node scripts/check-package.mjs out/packages/linux-unpacked`');
  report(folder, words.includes('--write'));
});
