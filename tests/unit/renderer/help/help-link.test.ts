import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { helpLink } from '../../../../src/renderer/features/help/help-link.ts';
import { helpPages } from '../../../../src/shared/contract.ts';

const folder = join(import.meta.dirname, '../../../../docs/user');

it('knows every page of docs/user, and no other', () => {
  const written = readdirSync(folder).filter((name) => name.endsWith('.md'));
  expect(written.sort()).toEqual(helpPages.map((page) => `${page}.md`).sort());
});

it('leads somewhere by every link of the help', () => {
  const links = helpPages.flatMap((page) =>
    [...readFileSync(join(folder, `${page}.md`), 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target),
  );
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) expect(helpLink(link.replace(/\.md(?=#|$)/, '.html')), link).not.toBeNull();
  expect(helpLink('cuda.html#install')).toEqual({ kind: 'page', page: 'cuda' });
  expect(helpLink('https://example.org')).toEqual({ kind: 'outside', address: 'https://example.org' });
  expect(helpLink('#install')).toBeNull();
  expect(helpLink('other.html')).toBeNull();
});
