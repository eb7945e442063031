import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Configuration {
  readonly forbidden: object[];
  readonly options: ICruiseOptions;
}
const { forbidden, options } = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs') as Configuration;

let house: string;
beforeEach(() => {
  house = realpathSync(mkdtempSync(join(tmpdir(), 'onestep-house-')));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'), 'junction');
});
afterEach(() => {
  rmSync(house, { recursive: true });
});

/** Builds a house of these files in a temporary folder and returns `rule: from → to` for each import that is refused. */
async function refusals(files: Record<string, string>): Promise<string[]> {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), content);
  }
  const reporter = await cruise(['src'], {
    ...options,
    // The house has no tsconfig.json of its own; it needs none, for it has no path aliases.
    tsConfig: undefined as never,
    baseDir: house,
    validate: true,
    ruleSet: { forbidden },
  } as ICruiseOptions);
  const { summary } = reporter.output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

const empty = 'export {};\n';

describe('import boundaries', () => {
  it('allow the arrows of the architecture', async () => {
    const files = {
      'src/shared/contract.ts': "import * as z from 'zod';\nimport 'birpc';\nexport const schema = z.string();\n",
      'src/engine/photo.ts': "import '../shared/contract.ts';\nimport 'node:fs';\nimport 'sharp';\nimport 'onnxruntime-node';\n",
      'src/engine/pipelines/kinds.ts': "import '../runtime/way.ts';\nimport '../image/pixels.ts';\n",
      'src/engine/runtime/way.ts': "import '../image/pixels.ts';\n",
      'src/engine/image/pixels.ts': empty,
      'src/import/main.ts': "import '../engine/photo.ts';\nimport '../convert/convert.ts';\n",
      'src/convert/convert.ts': "import '../shared/contract.ts';\n",
      'src/engine-host/main.ts': "import '../engine/photo.ts';\nimport '../import/main.ts';\nimport '../shared/contract.ts';\n",
      'src/app/queue.ts': "import '../shared/contract.ts';\nimport 'node:child_process';\n",
      'src/cli/main.ts': "import '../app/queue.ts';\nimport 'commander';\n",
    };
    expect(await refusals(files)).toEqual([]);
  });

  it.each([
    ['shared', 'engine', 'shared-folders'],
    ['engine', 'app', 'engine-folders'],
    ['engine', 'engine-host', 'engine-folders'],
    ['engine', 'convert', 'engine-folders'],
    ['engine', 'import', 'engine-folders'],
    ['convert', 'import', 'convert-folders'],
    ['import', 'engine-host', 'import-folders'],
    ['engine-host', 'convert', 'engine-host-folders'],
    ['convert', 'engine', 'convert-folders'],
    ['engine-host', 'app', 'engine-host-folders'],
    ['app', 'engine', 'app-folders'],
    ['app', 'cli', 'app-folders'],
    ['cli', 'engine', 'cli-folders'],
    ['cli', 'engine-host', 'cli-folders'],
    ['main', 'engine', 'main-folders'],
    ['web', 'engine-host', 'web-folders'],
    ['preload', 'app', 'preload-folders'],
    ['renderer', 'app', 'renderer-folders'],
  ])('refuse src/%s importing src/%s, also for its types only', async (from, to, rule) => {
    const files = { [`src/${from}/a.ts`]: `import type {} from '../${to}/b.ts';\n`, [`src/${to}/b.ts`]: empty };
    expect(await refusals(files)).toEqual([`${rule}: src/${from}/a.ts → src/${to}/b.ts`]);
  });

  it.each([
    ['image', 'tiles'],
    ['runtime', 'pipelines'],
    ['tiles', 'runtime'],
    ['pipelines', 'photo'],
  ])('refuse src/engine/%s importing src/engine/%s, also for its types only', async (from, to) => {
    const files = { [`src/engine/${from}/a.ts`]: `import type {} from '../${to}/b.ts';\n`, [`src/engine/${to}/b.ts`]: empty };
    expect(await refusals(files)).toEqual([`engine-${from}: src/engine/${from}/a.ts → src/engine/${to}/b.ts`]);
  });

  it('refuse a room of the engine without a row', async () => {
    expect(await refusals({ 'src/engine/attic/a.ts': "import '../plan.ts';\n", 'src/engine/plan.ts': empty })).toContain(
      'engine-rooms: src/engine/attic/a.ts → src/engine/plan.ts',
    );
  });

  it('refuse a room of the engine that looks at what lies beside the rooms', async () => {
    expect(await refusals({ 'src/engine/image/a.ts': "import '../plan.ts';\n", 'src/engine/plan.ts': empty })).toEqual([
      'engine-image: src/engine/image/a.ts → src/engine/plan.ts',
    ]);
  });

  it.each([
    ['app', 'sharp'],
    ['app', 'onnxruntime-node'],
    ['cli', 'sharp'],
    ['cli', 'electron'],
    ['engine', 'electron'],
    ['engine', 'commander'],
    ['engine-host', 'electron'],
    ['shared', 'sharp'],
    ['main', 'onnxruntime-node'],
    ['renderer', 'electron'],
  ])('refuse src/%s importing the package %s, installed or not', async (from, name) => {
    const found = await refusals({ [`src/${from}/a.ts`]: `import '${name}';\n` });
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${from}-packages: src/${from}/a.ts → (.*/)?${name}`)));
  });

  it.each(['shared', 'preload', 'renderer'])('refuse Node’s modules in src/%s', async (from) => {
    expect(await refusals({ [`src/${from}/a.ts`]: "import 'node:fs';\n" })).toEqual([`${from}-node: src/${from}/a.ts → fs`]);
  });

  it('hold in components too, for what they import and for who imports them', async () => {
    const script = (line: string): string => `<script lang="ts">\n${line}\n</script>\n`;
    const found = await refusals({
      'src/renderer/main.ts': "import App from './App.svelte';\nexport default App;\n",
      'src/renderer/App.svelte': script(
        "import { queue } from '../app/queue.ts';\nimport Check from '@lucide/svelte/icons/check';\nqueue(Check);",
      ),
      'src/app/queue.ts': 'export const queue = (): void => undefined;\n',
      'src/cli/main.ts': "import App from '../renderer/App.svelte';\nexport default App;\n",
    });
    expect(found).toEqual([
      'cli-folders: src/cli/main.ts → src/renderer/App.svelte',
      'renderer-folders: src/renderer/App.svelte → src/app/queue.ts',
    ]);
  });

  it('refuse circles, of types too, folders without a row and imports that lead nowhere', async () => {
    const found = await refusals({
      'src/app/a.ts': "import './b.ts';\n",
      'src/app/b.ts': "import './a.ts';\n",
      'src/app/c.ts': "import type {} from './d.ts';\n",
      'src/app/d.ts': "import type {} from './c.ts';\n",
      'src/misc/a.ts': "import '../shared/c.ts';\n",
      'src/shared/c.ts': "import './gone.ts';\n",
    });
    for (const part of ['a', 'c']) expect(found.some((line) => line.startsWith(`no-cycles: src/app/${part}.ts`))).toBe(true);
    expect(found).toContain('known-folders: src/misc/a.ts → src/shared/c.ts');
    expect(found).toContain('resolvable: src/shared/c.ts → ./gone.ts');
  });
});
