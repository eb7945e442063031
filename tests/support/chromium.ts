import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { installedChromium } from '../../scripts/system-packages.mjs';

/** The Chromium that tests drive: the one that `ONESTEP_CHROMIUM` names, an installed one, or Playwright's own; null without any. */
export function findChromium(): string | null {
  const own = chromium.executablePath();
  return installedChromium() ?? (existsSync(own) ? own : null);
}

/** Chromium's own sandbox does not work for root, as whom containers run tests. */
export const isRoot = process.getuid?.() === 0;
export const chromiumWords: readonly string[] = isRoot ? ['--no-sandbox'] : [];
