import { mkdirSync } from 'node:fs';
import { Chromium } from './chromium.ts';
import { chromiumWords } from './switches.ts';

/** The one Chromium behind this stand-in. */
export interface Browser {
  readonly chromium: Chromium;
  readonly version: string;
  readonly userAgent: string;
}

let started: Chromium | null = null;
let current: Promise<Browser> | null = null;

/** Chromium from its start on, before it answers. */
export const startedChromium = (): Chromium | null => started;

/** Starts Chromium, headless unless `STANDIN_HEADED` is set; `STANDIN_CHROMIUM` names another one than Debian's. */
export function startBrowser(profile: string): Promise<Browser> {
  mkdirSync(profile, { recursive: true });
  const binary = process.env.STANDIN_CHROMIUM ?? '/usr/bin/chromium';
  const words = chromiumWords(profile, (process.env.STANDIN_HEADED ?? '') !== '');
  started = new Chromium(binary, words, (line) => {
    // Playwright waits for this line, as it does for Electron's.
    if (line.startsWith('DevTools listening on')) process.stderr.write(`\n${line}\n`);
    else if (process.env.STANDIN_LOG !== undefined) process.stderr.write(`${line}\n`);
  });
  current = greet(started);
  return current;
}

async function greet(chromium: Chromium): Promise<Browser> {
  const { product, userAgent } = await chromium.browser.send('Browser.getVersion');
  await chromium.browser.send('Target.setDiscoverTargets', { discover: true });
  return { chromium, version: product.split('/')[1] ?? '', userAgent: userAgent.replace('Headless', '') };
}

/** @throws before the application is ready */
export function browser(): Promise<Browser> {
  if (current === null) throw new Error('Cannot create BrowserWindow before app is ready');
  return current;
}
