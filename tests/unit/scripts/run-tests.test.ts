import { describe, expect, it } from 'vitest';
import { tallyPytest, tallyVitest } from '../../../scripts/run-tests.mjs';

interface TestResult {
  status: string;
  meta?: { lacks?: { lack: string; mend: string | null } };
}
const file = (status: string, assertionResults: TestResult[], name = '/onestep/tests/unit/a.test.ts') => ({
  name,
  status,
  assertionResults,
});
const vitestReport = (passed: number, failed: number, testResults: ReturnType<typeof file>[]) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
});
const none = { skipped: 0, lacks: [] };

describe('tallyVitest', () => {
  it('counts tests', () => {
    const mixed = file('failed', [{ status: 'passed' }, { status: 'failed' }]);
    expect(tallyVitest(vitestReport(1, 1, [mixed]), false)).toEqual({ passed: 1, failed: 1, ...none });
  });

  it('counts a file that did not load as a failure, whatever became of its tests', () => {
    const files = [file('passed', [{ status: 'passed' }]), file('failed', []), file('failed', [{ status: 'skipped' }])];
    expect(tallyVitest(vitestReport(1, 0, files), false)).toEqual({ passed: 1, failed: 2, ...none });
  });

  it('counts a failure outside every test', () => {
    const passed = file('passed', [{ status: 'passed' }]);
    expect(tallyVitest(vitestReport(1, 0, [passed]), false)).toEqual({ passed: 1, failed: 1, ...none });
    expect(tallyVitest(vitestReport(1, 0, [passed]), true)).toEqual({ passed: 1, failed: 0, ...none });
  });

  it('counts what was skipped, with its reason', () => {
    const lacks = { lack: 'no ExifTool', mend: 'apt-get install it' };
    const skipped = file('passed', [{ status: 'skipped', meta: { lacks } }, { status: 'todo' }]);
    const tally = { passed: 0, failed: 0, skipped: 2, lacks: [lacks, { lack: 'no reason given', mend: null }] };
    expect(tallyVitest(vitestReport(0, 0, [skipped]), true, false)).toEqual(tally);
    expect(tallyVitest(vitestReport(0, 0, [skipped]), true, true)).toEqual(tally);
  });

  it('counts an end-to-end test as failed where a command would let it run and every test must', () => {
    const lacks = { lack: 'no Chromium', mend: 'apt-get install chromium' };
    const results = [
      { status: 'skipped', meta: { lacks } },
      { status: 'skipped', meta: { lacks: { lack: 'not on Windows', mend: null } } },
    ];
    const report = vitestReport(0, 0, [file('passed', results, 'C:\\onestep\\tests\\e2e\\start.test.ts')]);
    expect(tallyVitest(report, true, true)).toMatchObject({
      failed: 1,
      skipped: 1,
      lacks: [{ lack: 'no Chromium' }, { lack: 'not on Windows' }],
    });
    expect(tallyVitest(report, true, false)).toMatchObject({ failed: 0, skipped: 2 });
  });
});

describe('tallyPytest', () => {
  const xml = (attributes: string): string =>
    `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" ${attributes} time="1.2">`;

  it('counts passed tests without skipped ones, and errors as failures', () =>
    expect(tallyPytest(xml('errors="1" failures="2" skipped="3" tests="10"'), false)).toMatchObject({ passed: 4, failed: 3, skipped: 3 }));

  it('says why tests were skipped', () => {
    const skip = '<testcase name="a"><skipped type="pytest.skip" message="needs ../shared/a &amp; b">conftest.py:25</skipped></testcase>';
    const lacks = [{ lack: 'needs ../shared/a & b', mend: null }];
    expect(tallyPytest(xml('errors="0" failures="0" skipped="1" tests="1"') + skip, true)).toEqual({
      passed: 0,
      failed: 0,
      skipped: 1,
      lacks,
    });
  });

  it('is one failure when pytest failed without a failed test', () => {
    expect(tallyPytest(xml('errors="0" failures="0" skipped="0" tests="0"'), false)).toEqual({ passed: 0, failed: 1, ...none });
    expect(tallyPytest('', false)).toEqual({ passed: 0, failed: 1, ...none });
  });
});
