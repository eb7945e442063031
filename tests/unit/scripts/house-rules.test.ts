import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Manifest {
  readonly allowScripts: Record<string, boolean>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}
interface LockEntry {
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}
interface Lock {
  readonly packages: Record<string, LockEntry>;
}
const readJson = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

describe('tests', () => {
  it('that put a module in the place of another have a process of their own', () => {
    const files = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
    const mocking = files
      .map((file) => ['tests', ...file.split(/[\\/]/)].join('/'))
      .filter((file) => readFileSync(join(root, file), 'utf8').includes(`vi.${'mock'}(`));
    const [, named = ''] = /const mockingTests = \[([^\]]*)\]/.exec(readFileSync(join(root, 'vitest.config.ts'), 'utf8')) ?? [];
    expect(mocking.toSorted()).toEqual([...named.matchAll(/'([^']+)'/g)].map(([, file]) => file).toSorted());
  });
});

describe('packages', () => {
  const manifest = readJson('package.json') as Manifest;
  const lock = readJson('package-lock.json') as Lock;

  it('are locked without download addresses, so that any mirror serves', () => {
    const addressed = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined && entry.link !== true);
    expect(addressed.map(([place]) => place)).toEqual([]);
  });

  it('are locked for every platform: a mirror that lacks one leaves a hole, and npm ci fails where the lock file has one', () => {
    const isLocked = (place: string, name: string): boolean =>
      `${place}/node_modules/${name}` in lock.packages ||
      (place === '' ? `node_modules/${name}` in lock.packages : isLocked(place.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, ''), name));
    const holes = Object.entries(lock.packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(place, name))
        .map((name) => `${place} needs ${name}`),
    );
    expect(holes).toEqual([]);
  });

  it('have exact versions', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('run no install script that was not decided on: without a decision npm ci fails', () => {
    const withScripts = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript === true);
    const undecided = withScripts
      .map(([place]) => place.replace(/^.*node_modules\//, ''))
      .filter((name) => !(name in manifest.allowScripts));
    expect(undecided).toEqual([]);
  });
});

describe('names of source files', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => basename(entry.name, '.ts').replace(/\.svelte$/, ''));
  const components = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.svelte'))
    .map((path) => basename(path, '.svelte'));

  it('are words in one for components', () => {
    expect(components.length).toBeGreaterThan(0);
    expect(components.filter((name) => !/^([A-Z][a-z0-9]*)+$/.test(name))).toEqual([]);
  });

  it('say of a rune module that it is one', () => {
    const rune = /\$(state|derived|effect)\b[.(]/;
    const modules = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    const wrong = modules.filter((path) => rune.test(readFileSync(join(root, 'src', path), 'utf8')) !== path.endsWith('.svelte.ts'));
    expect(wrong).toEqual([]);
  });

  it('are lower-case words joined by hyphens', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  it('say what is in the file', () => {
    // A file manager is a program that calls itself so.
    expect(
      files.filter((name) => /(^|-)(?<!file-)(managers?|helpers?|utils?|services?|base|data|info|common|misc)(-|$)/.test(name)),
    ).toEqual([]);
    expect(components.filter((name) => /(Manager|Helper|Util|Service|Base|Data|Info|Common|Misc)s?(?![a-z])/.test(name))).toEqual([]);
  });
});

describe('small files', () => {
  /** At most 25 lines, and one file that imports it: each of these is a thing of its own. */
  const reasons: Record<string, string> = {
    'app/desktop-actions/linux/scripts.ts': 'one of the file managers, a file each',
    'app/desktop-actions/mac/plist.ts': 'a file format',
    'app/settings/migrations.ts': 'grows with every version of the settings',
    'convert/optimise/optimise.ts': 'the order of the steps, a file each',
    'engine/containers/gif.ts': 'one of the containers, a file each',
    'engine/evaluate/gamma.ts': 'a function of mathematics, with its source',
    'main/engine-node.ts': 'where the shipped Node is',
    'renderer/features/enhance/option-control.ts': 'tried without a page',
    'renderer/features/fleet/shared-name.ts': 'tried without a page',
    'renderer/features/help/help-link.ts': 'tried without a page',
    'shared/noise-schedule.ts': 'the training kit has the same numbers',
    'shared/shipped-presets.ts': 'a table',
  };
  const source = join(root, 'src');
  const paths = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(ts|svelte)$/.test(path));
  const texts = new Map(paths.map((path) => [path, readFileSync(join(source, path), 'utf8')]));
  const importers = new Map<string, number>();
  for (const [path, text] of texts) {
    const named = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, name = '']) =>
      relative(source, resolve(source, dirname(path), name)),
    );
    for (const imported of new Set(named)) importers.set(imported, (importers.get(imported) ?? 0) + 1);
  }

  it('with one importer are few, and each has a reason', () => {
    const small = [...texts].filter(([path, text]) => path.endsWith('.ts') && text.split('\n').length <= 26 && importers.get(path) === 1);
    expect(small.length).toBeGreaterThan(0);
    expect(small.length).toBeLessThanOrEqual(15);
    expect(small.map(([path]) => path.replaceAll('\\', '/')).filter((path) => !(path in reasons))).toEqual([]);
  });
});
