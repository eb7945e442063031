import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { _electron } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { onPath } from '../../scripts/system-packages.mjs';
import { findChromium } from '../support/chromium.ts';
import { listAsar, type AsarEntry } from '../support/electron-standin/asar.ts';
import { standinFolder } from '../support/electron-standin/build.ts';
import { root } from '../support/doors.ts';
import { temporaryFolder } from '../support/photo-files.ts';
import { writePicture } from '../support/programs.ts';
import { needs } from '../support/needs.ts';

const packages = join(root, 'out', 'packages-tested');
const run = promisify(execFile);
const unpacked = join(packages, 'linux-unpacked');
const resources = join(unpacked, 'resources');
const program = join(unpacked, 'onestep');

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

// Packaging needs an Electron to put around the application, and no network: here it is the stand-in.
describe('the package', needs('linux', 'chromium'), () => {
  let entries: AsarEntry[] = [];
  const files = (unpackedOnly: boolean): string[] =>
    entries.filter(({ unpacked: beside }) => beside || !unpackedOnly).map(({ path }) => path);

  beforeAll(async () => {
    const words = [
      '--linux',
      'dir',
      ...(onPath('dpkg-deb') ? ['deb'] : []),
      `-c.electronDist=${standinFolder}`,
      `-c.directories.output=${packages}`,
    ];
    const env = { ...process.env, CUSTOM_FPM_PATH: join(root, 'tests/support/packaging/fpm.mjs') };
    // Debian asks for an address; ours is wherever the release is made.
    await run(process.execPath, [join(root, 'scripts/package.mjs'), ...words, '-c.extraMetadata.homepage=https://example.org'], {
      cwd: root,
      env,
    });
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
    const forTheWindow = ['electron-store', 'open', 'ws'];
    // What bundled packages do without, or name in a text only.
    const unused = ['open', 'ws', 'supports-color', 'msgpackr-extract', '@valkey/valkey-glide', 'moveToFinished'];
    expect(needed.filter((name) => !unused.includes(name) && !has(name, files(false)))).toEqual([]);
    expect(needed.filter((name) => !forTheWindow.includes(name) && !unused.includes(name) && !has(name, files(true)))).toEqual([]);
  });

  it('has native code for this platform alone, the models, and a Node for the engine', async () => {
    const native = files(true).filter((path) => path.includes('/napi-v6/'));
    expect(native.length).toBeGreaterThan(0);
    expect(native.filter((path) => !path.includes(`/napi-v6/linux/${process.arch}/`))).toEqual([]);
    expect(await readdir(join(resources, 'models'))).toContain('onestep-photo-x4');
    const { stdout } = await run(join(resources, 'node'), ['--version']);
    expect(stdout.trim()).toBe(process.version);
    expect(await readdir(resources)).toEqual(expect.arrayContaining(['LICENSE', 'LICENSE.node.txt', 'THIRD-PARTY-NOTICES.md', 'help']));
  });

  it('has grown by no more than 5 % over its budget, and lacks no native part', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'scripts/check-package.mjs'), unpacked]);
    expect(stdout).toContain(`linux-${process.arch}: `);
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

  it('does by itself what a release is asked to do', async () => {
    const env = { ...process.env, STANDIN_CHROMIUM: findChromium() ?? '' };
    const { stdout } = await run(process.execPath, [join(root, 'scripts/smoke-test.mjs'), program], { env });
    expect(JSON.parse(stdout)).toMatchObject({ status: 0, state: 'done', provider: 'cpu', problem: null });
  }, 120_000);

  describe('for Debian', needs('dpkg'), () => {
    /** What the .deb puts outside its own folder. */
    async function system(): Promise<string> {
      const folder = await temporaryFolder();
      const deb = join(packages, (await readdir(packages)).find((name) => name.endsWith('.deb')) ?? 'no .deb');
      await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" ./usr', 'sh', deb, folder]);
      return join(folder, 'usr', 'share');
    }

    it('offers itself for photos, breaks no icon, and has icons in every size', async () => {
      const share = await system();
      const entry = await readFile(join(share, 'applications/onestep.desktop'), 'utf8');
      expect(entry.split('\n')).toEqual(
        expect.arrayContaining([
          'Exec=/opt/Onestep/onestep %U',
          'Icon=onestep',
          'Categories=Graphics;',
          'MimeType=image/jpeg;image/png;image/webp;image/tiff;image/heif;image/avif;image/gif;',
        ]),
      );
      expect(existsSync(join(share, 'mime'))).toBe(false);
      const sizes = await readdir(join(share, 'icons/hicolor'));
      expect(sizes).toEqual(expect.arrayContaining(['16x16', '48x48', '256x256', '512x512']));
    });

    it('has a desktop entry without a fault', needs('desktopEntries'), async () => {
      const { stdout, stderr } = await run('desktop-file-validate', [join(await system(), 'applications/onestep.desktop')]);
      expect(stdout + stderr).toBe('');
    });

    it('describes itself without a fault', needs('metainfo'), async () => {
      const file = join(await system(), 'metainfo/app.onestep.onestep.metainfo.xml');
      await run('appstreamcli', ['validate', '--no-net', '--pedantic', file]);
    });
  });
});
