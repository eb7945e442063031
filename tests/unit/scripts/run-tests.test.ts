import { describe, expect, it } from 'vitest';
import { tallyPytest, tallyVitest } from '../../../scripts/run-tests.mjs';

const vitestReport = (passed: number, failed: number, testResults: { status: string; assertionResults: { status: string }[] }[]) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: 0,
  testResults,
});

describe('tallyVitest', () => {
  it('counts tests', () => {
    const file = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] };
    expect(tallyVitest(vitestReport(1, 1, [file]), false)).toEqual({ passed: 1, failed: 1 });
  });

  it('counts a file that did not load as a failure', () => {
    const files = [
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
      { status: 'failed', assertionResults: [] },
    ];
    expect(tallyVitest(vitestReport(1, 0, files), false)).toEqual({ passed: 1, failed: 1 });
  });

  it('counts a failure outside every test', () => {
    const file = { status: 'passed', assertionResults: [{ status: 'passed' }] };
    expect(tallyVitest(vitestReport(1, 0, [file]), false)).toEqual({ passed: 1, failed: 1 });
    expect(tallyVitest(vitestReport(1, 0, [file]), true)).toEqual({ passed: 1, failed: 0 });
  });
});

describe('tallyPytest', () => {
  const xml = (attributes: string): string =>
    `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" ${attributes} time="1.2">`;

  it('counts passed tests without skipped ones, and errors as failures', () =>
    expect(tallyPytest(xml('errors="1" failures="2" skipped="3" tests="10"'), false)).toEqual({ passed: 4, failed: 3 }));

  it('is one failure when pytest failed without a failed test', () => {
    expect(tallyPytest(xml('errors="0" failures="0" skipped="0" tests="0"'), false)).toEqual({ passed: 0, failed: 1 });
    expect(tallyPytest('', false)).toEqual({ passed: 0, failed: 1 });
  });
});
