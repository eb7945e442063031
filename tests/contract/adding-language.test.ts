import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Plugin, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** The recipe of CONTRIBUTING.md: French is added to the sources as they are loaded, in two files. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const inSources = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

let changed: Readonly<Record<string, string>>;
let server: ViteDevServer;

const withChanges: Plugin = {
  name: 'with-changes',
  enforce: 'pre',
  resolveId: (id) => (id.endsWith('/fr.json') ? join(root, 'src/shared/words/fr.json') : null),
  load: (id) => changed[id.slice(root.length)] ?? null,
};
const load = async <Module>(path: string): Promise<Module> => (await server.ssrLoadModule(join(root, path))) as Module;

beforeAll(async () => {
  const english = JSON.parse(await inSources('src/shared/words/en.json')) as Record<string, string>;
  const french = {
    ...english,
    'language.name': 'Français',
    'verb.enhance': 'Améliorer avec Onestep',
    'skip.result': 'C’est un résultat de Onestep.',
  };
  const language = await inSources('src/shared/language.ts');
  changed = {
    'src/shared/words/fr.json': JSON.stringify(french),
    'src/shared/language.ts': `import fr from './words/fr.json' with { type: 'json' };\n${language.replace('{ en, de, zh }', '{ en, de, zh, fr }')}`,
  };
  server = await createServer({
    root,
    configFile: false,
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    plugins: [withChanges],
  });
});
afterAll(() => server.close());

it('a language is its file and its lines in one other', async () => {
  expect(Object.keys(changed)).toHaveLength(2);
  const { languages, languageOf, wordsOf } = await load<typeof import('../../src/shared/language.ts')>('src/shared/language.ts');
  const french = languages.at(-1) ?? 'en';
  expect(french).toBe('fr');
  expect(languageOf('system', ['fr-CA'])).toBe('fr');
  expect(wordsOf(french)['language.name']).toBe('Français');
});

it('it can be chosen in the settings, and is spoken in the window and in file managers', async () => {
  const { settings } = await load<typeof import('../../src/shared/settings.ts')>('src/shared/settings.ts');
  expect(settings.language.schema.parse('fr')).toBe('fr');
  const { menuLabel } = await load<typeof import('../../src/app/desktop-actions/verbs.ts')>('src/app/desktop-actions/verbs.ts');
  expect(menuLabel).toMatchObject({ en: 'Enhance with Onestep', fr: 'Améliorer avec Onestep' });
  const { wordsOf, languages } = await load<typeof import('../../src/shared/language.ts')>('src/shared/language.ts');
  const { sentence, speakerOf } = await load<typeof import('../../src/shared/sentence.ts')>('src/shared/sentence.ts');
  expect(speakerOf(wordsOf(languages.at(-1) ?? 'en'), 'fr').tell(sentence('skip.result'))).toBe('C’est un résultat de Onestep.');
});
