import { afterEach, describe, expect, it, vi } from 'vitest';
import { lackLines, tellTallies } from '../../../scripts/tally.mjs';

const chromium = { lack: 'no Chromium', mend: 'apt-get install chromium' };
const windows = { lack: 'only on Windows', mend: null };

describe('what tests came to', () => {
  const exitCode = process.exitCode;
  afterEach(() => {
    process.exitCode = exitCode;
    vi.restoreAllMocks();
  });

  it('is a line for each reason, the most frequent first, with the command that mends it', () =>
    expect(lackLines([windows, chromium, chromium])).toEqual(['    2  no Chromium: `apt-get install chromium`', '    1  only on Windows']));

  it('ends with the numbers alone on their line', () => {
    const said = vi.spyOn(console, 'log').mockReturnValue();
    tellTallies([
      { passed: 3, failed: 0, skipped: 1, lacks: [windows] },
      { passed: 4, failed: 0, skipped: 0, lacks: [] },
    ]);
    expect(said.mock.lastCall).toEqual(['7 passed, 0 failed, 1 skipped']);
    expect(process.exitCode).toBe(exitCode);
    tellTallies([{ passed: 0, failed: 1, skipped: 0, lacks: [] }]);
    expect(process.exitCode).toBe(1);
  });
});
