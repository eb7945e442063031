import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, onTestFinished } from 'vitest';
import { findingsOf } from '../support/accessibility.ts';
import { chromiumWords, findChromium } from '../support/chromium.ts';
import { layoutTroubles } from '../support/layout-check.mjs';
import { transitionsOver } from '../support/page-actions.ts';

const program = join(import.meta.dirname, '../support/scripted-door.mjs');
const executablePath = findChromium();

interface Door {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** The interface alone, over an application that is played; stopped after the test. */
export async function openDoor(words: readonly string[]): Promise<Door> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [address] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  return { address: address.trim(), stop };
}

/** Goes on with Tab until the control of that name has the focus, as someone without a mouse does. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim().replaceAll(/\\s+/g, ' ') ?? ''",
    );
    if (name.test(focused)) return;
    passed.push(focused);
  }
  throw new Error(`Tab does not lead to ${String(name)}, but to ${[...new Set(passed)].join(' | ')}`);
}

/** What tests of the interface alone work with. To be called where tests are described. */
export function interfacePages() {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: [...chromiumWords] });
  });
  afterAll(() => browser.close());

  /** What the consoles of all pages of a test complained about: nothing, whatever the test is about. */
  const heard: string[] = [];
  afterEach(() => {
    expect(heard.splice(0)).toEqual([]);
  });

  /** A page, and what its console complained about: a style or script that the policy refuses would be among it. */
  async function openPage(address: string, person: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...person });
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    const hear = (complaint: string): void => {
      complaints.push(complaint);
      heard.push(complaint);
    };
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') hear(message.text());
    });
    page.on('pageerror', (error) => hear(error.message));
    await page.goto(address);
    return { page, complaints };
  }

  /** In the smallest window that there is, everything can still be seen and pressed. */
  async function expectRoom(page: Page, where: string): Promise<void> {
    await page.setViewportSize({ width: 1024, height: 700 });
    await transitionsOver(page);
    expect(await page.evaluate<string[]>(layoutTroubles), `${where}, 1024 × 700`).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  async function expectAccessible(page: Page, where: string): Promise<void> {
    await expectRoom(page, where);
    expect(await findingsOf(page), where).toEqual([]);
  }

  const place = (page: Page, index: number) => page.locator('nav .entry').nth(index);

  return { openPage, expectAccessible, expectRoom, place, heard };
}
