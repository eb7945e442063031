import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOnTheWeb, pageTarget } from '../../../src/app/page-target.ts';
import { allowedPages, type Page } from '../../../src/shared/contract.ts';
import { temporaryFolder } from '../../support/photo-files.ts';

const root = join(import.meta.dirname, '../../..');
const pages = Object.keys(allowedPages) as Page[];

describe('a page that the interface may open', () => {
  it.each(pages)('is there: %s', (page) => {
    const target = pageTarget(page, root);
    if (isOnTheWeb(target)) expect(new URL(target).protocol).toBe('https:');
    else expect(existsSync(target)).toBe(true);
  });

  it('lies in the package where there is one, and is a problem where it is nowhere', async () => {
    const folder = await temporaryFolder();
    expect(() => pageTarget('privacy', folder)).toThrow('help pages');
    await mkdir(join(folder, 'help'));
    await writeFile(join(folder, 'help/privacy.html'), '');
    expect(pageTarget('privacy', folder)).toBe(join(folder, 'help/privacy.html'));
  });
});
