import { randomUUID } from 'node:crypto';
import { bootFacts } from './boot-facts.ts';
import { browser } from './browser.ts';
import type { Session } from './chromium.ts';
import { isolatedWorld, isolatedWorldSource, mainWorldSource } from './page-scripts.ts';

export interface AttachedPage {
  readonly page: Session;
  readonly targetId: string;
  readonly frameId: string;
}

/** Opens an empty page in a window of its own and attaches to it. */
export async function attachPage({ width, height }: { readonly width: number; readonly height: number }): Promise<AttachedPage> {
  const { chromium } = await browser();
  const { targetId } = await chromium.browser.send('Target.createTarget', { url: 'about:blank', newWindow: true, width, height });
  const { sessionId } = await chromium.browser.send('Target.attachToTarget', { targetId, flatten: true });
  const page = chromium.session(sessionId);
  const { frameTree } = await page.send('Page.getFrameTree');
  return { page, targetId, frameId: frameTree.frame.id };
}

interface Preparation {
  readonly preload: string | undefined;
  /** Additional arguments of the page's process. */
  readonly words: readonly string[];
  readonly failed: (error: Error) => void;
}

/** Puts both worlds' scripts in front of every document to come, and holds back every request. */
export async function preparePage(page: Session, preparation: Preparation): Promise<void> {
  const channel = randomUUID();
  const isolated = isolatedSource(channel, preparation);
  const { userAgent } = await browser();
  await Promise.all([
    page.send('Page.enable'),
    page.send('Page.setLifecycleEventsEnabled', { enabled: true }),
    page.send('Runtime.enable'),
    page.send('DOM.enable'),
    page.send('Inspector.enable'),
    page.send('Debugger.enable'),
    page.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
    page.send('Runtime.addBinding', { name: 'standinWire', executionContextName: isolatedWorld }),
    page.send('Page.addScriptToEvaluateOnNewDocument', { source: mainWorldSource(channel) }),
    page.send('Page.addScriptToEvaluateOnNewDocument', { source: isolated, worldName: isolatedWorld }),
    page.send('Emulation.setUserAgentOverride', { userAgent: `${userAgent} Electron/${bootFacts().version}` }),
  ]);
}

function isolatedSource(channel: string, { preload, words, failed }: Preparation): string {
  try {
    return isolatedWorldSource(channel, preload, words);
  } catch (error) {
    console.error(`Unable to load preload script: ${preload}`, error);
    failed(error as Error);
    return isolatedWorldSource(channel, undefined, words);
  }
}
