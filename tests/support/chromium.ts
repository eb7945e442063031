import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The Chromium that tests drive: the one that `ONESTEP_CHROMIUM` names, Playwright's own, or an installed one; null without any. */
export function findChromium(): string | null {
  const candidates = [process.env.ONESTEP_CHROMIUM ?? '', chromium.executablePath(), ...installed];
  return candidates.find((path) => path !== '' && existsSync(path)) ?? null;
}

/** Chromium's own sandbox does not work for root, as whom containers run tests. */
export const isRoot = process.getuid?.() === 0;
export const chromiumWords: readonly string[] = isRoot ? ['--no-sandbox'] : [];
