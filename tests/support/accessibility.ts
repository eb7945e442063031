import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { transitionsOver } from './page-actions.ts';

/** What axe finds on a page as it is, and then in the other theme, in which nothing but the colours is another. */
export async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const own = await page.evaluate<string>('document.documentElement.dataset.theme');
  const found = await complaintsOf(page, '{}');
  await wear(page, own === 'light' ? 'dark' : 'light');
  found.push(...(await complaintsOf(page, "{ runOnly: ['color-contrast'] }")));
  await wear(page, own);
  return found;
}

async function complaintsOf(page: Page, options: string): Promise<string[]> {
  await transitionsOver(page);
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, { resultTypes: ['violations'], ...${options} })`);
  const theme = await page.evaluate<string>('document.documentElement.dataset.theme');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${theme}: ${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

const wear = (page: Page, theme: string): Promise<unknown> => page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
