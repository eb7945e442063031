import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { expect, it } from 'vitest';

/*
 * Programs that no test runs: the benchmarks, what tries packages and file managers, and whatever else lies beside them. They load: what
 * they import is there under the names that they import, and so is every file that they name. That they do what they say is for who runs
 * them, and for the types of those that are TypeScript.
 */
const root = join(import.meta.dirname, '../../..');

async function programsIn(...folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true }))
        .filter((name) => /\.(mjs|ts)$/.test(name) && !name.endsWith('.test.ts'))
        .map((name) => join(folder, name)),
    ),
  );
  return found.flat().sort();
}

it('find what they import', async () => {
  const programs = await programsIn('scripts', 'tests/bench', 'tests/support');
  expect(programs.length).toBeGreaterThan(50);
  const input = Object.fromEntries(programs.map((path) => [path.replaceAll(/[\\/.]/g, '-'), join(root, path)]));
  await build({
    configFile: false,
    root,
    logLevel: 'silent',
    // Only what is ours is followed.
    build: { ssr: true, write: false, minify: false, rolldownOptions: { input, external: [/^[^./]/], treeshake: false } },
  });
});

it('name files that are there', async () => {
  const named: string[] = [];
  for (const path of await programsIn('scripts', 'tests/bench', 'tests/support')) {
    const text = await readFile(join(root, path), 'utf8');
    for (const [, name = ''] of text.matchAll(/['"`]((?:src|tests|scripts|training)\/[\w./-]+\.\w+)['"`]/g)) named.push(name);
  }
  expect(named).toContain('src/shared/manifest.ts');
  expect([...new Set(named)].filter((name) => !existsSync(join(root, name)))).toEqual([]);
});
