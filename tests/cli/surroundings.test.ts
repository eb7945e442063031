import { execFileSync, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { copyFile, mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thisMaker } from '../../src/system/processes.ts';
import { scratchPrefix, temporarySuffix } from '../../src/shared/temporary-names.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { builtProgram, onestep, writePicture } from '../support/programs.ts';

const twice = ['--model', 'identity-x2', '--scale', '2', '--provider', 'cpu'];

/** Runs a line of the shell in which `onestep` is the program. */
function inShell(folder: string, line: string, env: NodeJS.ProcessEnv = {}): { status: number | null; stdout: string; stderr: string } {
  const words = `onestep() { "${process.execPath}" "${builtProgram('cli.js')}" "$@"; }; ${line}`;
  const surroundings = { ...process.env, ONESTEP_MODELS: goldenFolder, ONESTEP_CACHE: join(folder, '.cache'), ...env };
  return spawnSync('bash', ['-c', words], { cwd: folder, env: surroundings, encoding: 'utf8', timeout: 60_000 });
}

describe('the command line in surroundings that fail', needs('linux'), () => {
  it('without a home: a temporary folder is used, and said', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    for (const home of ['/proc/nobody', '/dev/null/home']) {
      const env = { HOME: home, ONESTEP_CACHE: '', TMPDIR: folder };
      const { status, error } = await onestep(folder, ['enhance', 'photo.png', '--on-collision', 'overwrite-result', ...twice], { env });
      expect(error).toMatch(new RegExp(`^${home}/.cache/onestep cannot be written to\\. Until it can, .*onestep-\\d+/cache is used`));
      expect(error.trimEnd().split('\n')).toHaveLength(1);
      expect(status).toBe(0);
    }
    expect(await readdir(folder)).toContain('photo_2x.png');
  });

  it('with nowhere to tell: the photos are done, it is said once, and the status says so', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    const full = inShell(folder, `onestep enhance photo.png --json ${twice.join(' ')} > /dev/full`);
    expect(full.stderr).toMatch(/^What is told here cannot be written any more: ENOSPC.+\n$/);
    expect(full.status).toBe(1);
    expect(await readdir(folder)).toContain('photo_2x.png');
    expect(inShell(folder, 'onestep info photo.png --json > /dev/full')).toMatchObject({ status: 1, stderr: full.stderr });
    expect(inShell(folder, 'onestep info photo.png >&-')).toMatchObject({ status: 0, stderr: '' });
    expect(inShell(folder, 'onestep info photo.png 2> /dev/full').status).toBe(0);
    expect(inShell(folder, 'onestep info photo.png | head -1')).toMatchObject({
      status: 0,
      stdout: `${join(folder, 'photo.png')}\n`,
      stderr: '',
    });
  });
});

describe('files that are not what they seem', needs('linux'), () => {
  it('info ends on a pipe, tells of it, and of the photos besides', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    execFileSync('mkfifo', [join(folder, 'pipe.jpg')]);
    const { status, stdout, stderr } = inShell(folder, 'onestep info pipe.jpg photo.png missing.jpg');
    expect(stdout).toMatch(/size +40×30 px/);
    expect(stderr).toMatch(/^pipe\.jpg: This is neither a file nor a folder\..+\nmissing\.jpg: The file does not exist\..+\n$/);
    expect(status).toBe(1);
  });

  it('names with brackets are names', async () => {
    const folder = await testFolder();
    const photo = await writePicture(join(folder, 'photo.jpg'));
    const names = ['scan [2].png', 'scan [2]', 'photo.jpg[1]', 'a[page=1]'];
    for (const name of names) await copyFile(photo, join(folder, name));
    const { status, out } = await onestep(folder, ['enhance', ...names, ...twice]);
    expect(out).toMatch(/^4 photos done/m);
    expect(status).toBe(0);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['scan [2]_2x.jpg', 'scan [2]_2x-2.jpg', 'photo.jpg[1]_2x.jpg']));
  });

  it('what a folder has that cannot be looked at is named, and the status says so; the same photo is done once', async () => {
    const folder = await testFolder();
    await mkdir(join(folder, 'in'));
    await writePicture(join(folder, 'in/photo.png'));
    await symlink('photo.png', join(folder, 'in/again.png'));
    const words = ['enhance', 'in', '--output', 'out', ...twice];
    expect(await onestep(folder, words)).toMatchObject({
      status: 0,
      error: `${join(folder, 'in/again.png')}: left out. It is the same photo as photo.png, and is listed only once.\n`,
    });
    expect(await readdir(join(folder, 'out'))).toEqual(['photo_2x.png']);

    await writeFile(Buffer.concat([Buffer.from(join(folder, 'in/caf')), Buffer.from([0xe9]), Buffer.from('.jpg')]), '');
    await symlink('gone.jpg', join(folder, 'in/link.jpg'));
    await symlink('loop.jpg', join(folder, 'in/loop.jpg'));
    const { status, error } = await onestep(folder, [...words, '--on-collision', 'skip']);
    expect(error).toContain('link.jpg: left out. The link leads to nothing: gone.jpg does not exist.\n');
    expect(error).toContain('loop.jpg: left out. The file cannot be read: it is a link that leads to itself.\n');
    expect(error).toContain('caf\ufffd.jpg: left out. Its name is not written in UTF-8');
    expect(status).toBe(1);

    // Named themselves, they fail by name, for the same reasons.
    const named = inShell(join(folder, 'in'), `onestep enhance $'caf\\xe9.jpg' link.jpg loop.jpg ${twice.join(' ')}`);
    expect(named.stderr).toMatch(/caf\ufffd\.jpg: The name is not written in UTF-8/);
    expect(named.stderr).toMatch(/link\.jpg: The link leads to nothing: gone\.jpg does not exist/);
    expect(named.stderr).toMatch(/loop\.jpg: The file cannot be read: it is a link that leads to itself/);
    expect(named.status).toBe(3);
  });
});

describe('a container that shares a folder', needs('namespaces'), () => {
  it('takes no unfinished file of a process for abandoned that it cannot see', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    const ours = [`.photo_2x.png${temporarySuffix(thisMaker, '0123abcd')}`, `${scratchPrefix(thisMaker)}abcdef`] as const;
    await writeFile(join(folder, ours[0]), 'half');
    await mkdir(join(folder, ours[1]));
    const old = new Date(Date.now() - 3_600_000);
    await utimes(join(folder, ours[1]), old, old);
    const enhance = `"${process.execPath}" "${builtProgram('cli.js')}" enhance photo.png ${twice.join(' ')}`;
    const inside = inShell(folder, `unshare --pid --fork --mount-proc ${enhance}`, { ONESTEP_TEMPORARY: folder });
    expect(inside.status).toBe(0);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['photo_2x.png', ...ours]));
  });

  it('is told by the machine, not by its name: two of one name, and one that was renamed', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'id'), '0123456789abcdef0123456789abcdef\n');
    const source = join(import.meta.dirname, '../../src/system/processes.ts');
    await writeFile(
      join(folder, 'mark.mjs'),
      `import { runnerImport } from '${import.meta.resolve('vite')}';
      const { module } = await runnerImport('${source}', { configFile: false, logLevel: 'error' }); console.log(module.thisMaker.host);`,
    );
    const mark = (line: string): string => inShell(folder, line.replace('MARK', `"${process.execPath}" mark.mjs`)).stdout;
    const own = mark('MARK');
    expect(own).toMatch(/^[0-9a-f]{6}\n$/);
    expect(mark(`unshare --uts sh -c 'hostname renamed; exec MARK'`)).toBe(own);
    // In a container, its namespace tells it already.
    const isContainer = readlinkSync('/proc/self/ns/pid') !== 'pid:[4026531836]';
    expect(mark(`unshare --mount sh -c 'mount --bind id /etc/machine-id; exec MARK'`) === own).toBe(isContainer);
  });
});
