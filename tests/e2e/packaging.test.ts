import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { _electron } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findChromium } from '../support/chromium.ts';
import { listAsar, type AsarEntry } from '../support/electron-standin/asar.ts';
import { standinFolder } from '../support/electron-standin/build.ts';
import { root } from '../support/doors.ts';
import { temporaryFolder } from '../support/photo-files.ts';
import { writePicture } from '../support/programs.ts';

const packages = join(root, 'out', 'packages-tested');
const unpacked = join(packages, 'linux-unpacked');
const resources = join(unpacked, 'resources');
const program = join(unpacked, 'onestep');
/** Packaging needs an Electron to put around the application, and no network: here it is the stand-in. */
const possible = process.platform === 'linux' && findChromium() !== null;

/** The packages that built files import, by their names. */
async function importedPackages(files: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:from|import|require\()\s*"([@\w][^"]*)"/g)) {
      const [scope = '', second = ''] = name.split('/');
      if (!isBuiltin(name) && name !== 'electron') names.add(scope.startsWith('@') ? `${scope}/${second}` : scope);
    }
  }
  return [...names];
}

describe.skipIf(!possible)('the package (skipped where the stand-in cannot run)', () => {
  let entries: AsarEntry[] = [];
  const files = (unpackedOnly: boolean): string[] =>
    entries.filter(({ unpacked: beside }) => beside || !unpackedOnly).map(({ path }) => path);

  beforeAll(async () => {
    const words = ['--linux', 'dir', `-c.electronDist=${standinFolder}`, `-c.directories.output=${packages}`];
    await promisify(execFile)(process.execPath, [join(root, 'scripts', 'package.mjs'), ...words], { cwd: root });
    entries = listAsar(join(resources, 'app.asar'));
  }, 120_000);

  afterAll(() => rm(packages, { recursive: true, force: true }));

  it('holds the built application and nothing of the workshop', () => {
    const own = files(false).filter((path) => !path.startsWith('node_modules/'));
    expect(own).toEqual(
      expect.arrayContaining(['package.json', 'out/main.js', 'out/preload.cjs', 'out/engine-host.js', 'out/renderer/index.html']),
    );
    expect(
      own.filter((path) => !/^(package\.json|out\/(main|engine-host|chunk-[\w-]+)\.js|out\/preload\.cjs|out\/renderer\/.+)$/.test(path)),
    ).toEqual([]);
    expect(own.filter((path) => path.endsWith('.map'))).toEqual([]);
  });

  it('has every package that its programs import, those of the engine beside the archive', async () => {
    const inside = (path: string): boolean => existsSync(join(root, path)) && /^out\/(main|engine-host|chunk-[\w-]+)\.js$/.test(path);
    const needed = await importedPackages(files(false).filter(inside));
    expect(needed).toContain('sharp');
    const has = (name: string, list: readonly string[]): boolean => list.includes(`node_modules/${name}/package.json`);
    const forTheWindow = ['conf', 'electron-store', 'open', 'ws'];
    expect(needed.filter((name) => !['open', 'ws'].includes(name) && !has(name, files(false)))).toEqual([]);
    expect(needed.filter((name) => !forTheWindow.includes(name) && !has(name, files(true)))).toEqual([]);
  });

  it('has native code for this platform alone, the models, and a Node for the engine', async () => {
    const native = files(true).filter((path) => path.includes('/napi-v6/'));
    expect(native.length).toBeGreaterThan(0);
    expect(native.filter((path) => !path.includes(`/napi-v6/linux/${process.arch}/`))).toEqual([]);
    expect(await readdir(join(resources, 'models'))).toContain('onestep-photo-x4');
    const { stdout } = await promisify(execFile)(join(resources, 'node'), ['--version']);
    expect(stdout.trim()).toBe(process.version);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(program);
    const off = [FuseV1Options.RunAsNode, FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseV1Options.EnableNodeCliInspectArguments];
    expect(off.map((fuse) => wire[fuse])).toEqual(off.map(() => FuseState.DISABLE));
    const on = [FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.EnableEmbeddedAsarIntegrityValidation];
    expect(on.map((fuse) => wire[fuse])).toEqual(on.map(() => FuseState.ENABLE));
  });

  it('runs, and enhances with its own Node and models', async () => {
    const folder = await temporaryFolder();
    const photo = await writePicture(join(folder, 'small.png'), 60, 45);
    const { PATH = '', TMPDIR = '/tmp' } = process.env;
    const app = await _electron.launch({
      executablePath: program,
      args: [`--user-data-dir=${join(folder, 'electron')}`, '--enhance', photo],
      env: { PATH, TMPDIR, HOME: folder, STANDIN_CHROMIUM: findChromium() ?? '' },
    });
    onTestFinished(() => app.close());
    const page = await app.firstWindow();
    await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 60_000 });
    expect(await readdir(folder)).toContain('small_4x.png');
    expect(await app.evaluate((modules) => modules.app.isPackaged)).toBe(true);
  });
});
