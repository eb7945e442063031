import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failing, type Fault } from '../support/failing-disk.ts';
import { testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { onestep, writePicture, type CommandResult } from '../support/programs.ts';

const twice = ['--model', 'identity-x2', '--scale', '2', '--provider', 'cpu'];

interface Outcome extends CommandResult {
  /** The report of the one photo. */
  readonly photo: { readonly lost: string[]; readonly notices: string[]; readonly advice: string };
  /** What lies in the folder of results. */
  readonly results: string[];
}

/** Enhances a photo into a folder on a disk with that fault, twice where asked. */
async function enhanceOn(fault: Fault, { words = [] as string[] } = {}): Promise<Outcome> {
  const folder = await testFolder();
  await writePicture(join(folder, 'photo.png'));
  await mkdir(join(folder, 'results'));
  const all = ['enhance', 'photo.png', '--output', 'results', '--report', 'report.json', ...twice, ...words];
  const outcome = await onestep(folder, all, { env: failing(fault) });
  const { photos } = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as {
    photos: { report?: { lost: string[]; notices: { message: string }[] }; problem?: { advice: string } }[];
  };
  const { report, problem } = photos[0] ?? {};
  return {
    ...outcome,
    photo: {
      lost: report?.lost ?? [],
      notices: (report?.notices ?? []).map(({ message }) => message),
      advice: problem?.advice ?? '',
    },
    results: (await readdir(join(folder, 'results'))).toSorted(),
  };
}

describe('a nicety that the disk refuses never costs the photo', needs('failingDisk'), () => {
  const told: [Fault, RegExp][] = [
    [{ call: 'utimensat', error: 'EPERM' }, /^File times: .+ \(EPERM\)\.$/],
    [{ call: 'utimensat', error: 'ENOSYS' }, /^File times: .+ \(ENOSYS\)\.$/],
    [{ call: 'chmod', error: 'EPERM' }, /^File permissions: .+ \(EPERM\)\.$/],
    ...(['ENOSYS', 'EIO', 'EPERM', 'EACCES'] as const).map((error): [Fault, RegExp] => [
      { call: 'fsync', error, kind: 'folder' },
      new RegExp(`safely stored \\(${error}\\)`),
    ]),
    ...(['ENOSYS', 'ENOTSUP', 'EINVAL'] as const).map((error): [Fault, RegExp] => [
      { call: 'fsync', error, kind: 'file' },
      new RegExp(`safely stored \\(${error === 'ENOTSUP' ? 'E(NOT|OPNOT)SUPP?' : error}\\)`),
    ]),
    [{ call: 'rmdir', error: 'EPERM', path: 'onestep-' }, /^Temporary files could not be removed: .*onestep-/],
  ];
  it.each(told)('%o', async (fault, words) => {
    const folder = await testFolder();
    const source = await writePicture(join(folder, 'photo.png'));
    // No mask gives a new file these permissions: they have to be set.
    await chmod(source, 0o606);
    await utimes(source, 1e9, 1e9);
    const { status, out } = await onestep(folder, ['enhance', 'photo.png', '--json', ...twice], { env: failing(fault) });
    const { report } = JSON.parse(out.split('\n').find((line) => line.startsWith('{"event":"done"')) ?? '{}') as {
      report: { kept: string[]; lost: string[]; notices: { message: string }[] };
    };
    expect([...report.lost, ...report.notices.map(({ message }) => message)]).toEqual([expect.stringMatching(words)]);
    expect(status).toBe(0);
    const result = await stat(join(folder, 'photo_2x.png'));
    // What is lost is not called kept.
    expect(report.kept.includes('File times')).toBe(fault.call !== 'utimensat');
    if (fault.call !== 'utimensat') expect(result.mtimeMs).toBe(1e12);
    if (fault.call !== 'chmod') expect(result.mode & 0o777).toBe(0o606);
    expect((await readdir(folder)).toSorted()).toEqual(['.cache', 'photo.png', 'photo_2x.png']);
  });

  it('a disk that does not tell how large it is', async () => {
    for (const error of [null, 'ENOSYS'] as const)
      expect(await enhanceOn({ call: 'statfs', error })).toMatchObject({ status: 0, error: '', results: ['photo_2x.png'] });
  });

  it('nothing can be removed: the result is whole, and what is left is told', async () => {
    const { status, photo, results } = await enhanceOn({ call: 'unlink', error: 'EPERM' });
    expect(status).toBe(0);
    expect(results.filter((name) => !name.startsWith('.'))).toEqual(['photo_2x.png']);
    expect(photo.notices.every((notice) => notice.startsWith('Temporary files could not be removed: '))).toBe(true);
    expect(photo.notices).toHaveLength(2);
  });
});

describe('a disk without hard links', needs('failingDisk'), () => {
  it.each(['EINVAL', 'EACCES', 'EXDEV', 'EMLINK', 'EPERM', 'ENOSYS', 'ENOTSUP', 'EIO'] as const)('%s', async (error) => {
    expect(await enhanceOn({ call: 'link', error })).toMatchObject({ status: 0, error: '', results: ['photo_2x.png'] });
  });

  it('whose answer gets lost: the link is there although it is refused', async () => {
    for (const error of ['EEXIST', 'ETIMEDOUT'] as const)
      expect(await enhanceOn({ call: 'link', error, done: true })).toMatchObject({ status: 0, error: '', results: ['photo_2x.png'] });
  });

  it('of others, where an earlier result is looked at for a moment, or the answer gets lost: it is replaced', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    await onestep(folder, ['enhance', 'photo.png', ...twice]);
    const changed = async (): Promise<number> => (await stat(join(folder, 'photo_2x.png'))).ctimeMs;
    const faults = [
      { error: 'EACCES', times: 2 },
      { error: 'ETIMEDOUT', done: true, times: 1 },
    ] as const;
    for (const fault of faults) {
      const env = failing({ call: 'rename', path: 'photo_2x', ...fault });
      const words = ['enhance', 'photo.png', '--on-collision', 'overwrite-result', ...twice];
      const before = await changed();
      expect(await onestep(folder, words, { env }), JSON.stringify(fault)).toMatchObject({ status: 0, error: '' });
      expect(await changed()).toBeGreaterThan(before);
      expect((await readdir(folder)).toSorted()).toEqual(['.cache', 'photo.png', 'photo_2x.png']);
    }
  });

  it('a lock is held there all the same, once', async () => {
    const folder = await testFolder();
    const source = join(import.meta.dirname, '../../src/app/queue/file-lock.ts');
    await writeFile(
      join(folder, 'lock.mjs'),
      `import { runnerImport } from '${import.meta.resolve('vite')}';
      const { module } = await runnerImport('${source}', { configFile: false, logLevel: 'error' });
      const take = () => module.FileLock.take('${join(folder, 'lock')}', { onLost: () => undefined, beatMilliseconds: 100 });
      for (const fault of JSON.parse(process.argv[2])) {
        delete process.env.FAIL_AFTER;
        Object.assign(process.env, fault);
        const lock = await take();
        console.log(fault.FAIL_ERRNO, await take().then(() => 'twice', ({ code }) => code));
        await lock.release();
      }`,
    );
    const faults = [
      ...(['EPERM', 'EACCES', 'EXDEV', 'EIO'] as const).map((error) => failing({ call: 'link', error })),
      ...(['EEXIST', 'ETIMEDOUT'] as const).map((error) => failing({ call: 'link', error, done: true })),
    ];
    const env = { ...process.env, ...failing({ call: 'link', error: 'EPERM' }) };
    const { stdout } = spawnSync(process.execPath, ['lock.mjs', JSON.stringify(faults)], { cwd: folder, env, encoding: 'utf8' });
    expect(stdout).toBe(faults.map(({ FAIL_ERRNO = '' }) => `${FAIL_ERRNO} already-running\n`).join(''));
    expect(await readdir(folder)).toEqual(['lock.mjs']);
  });

  it('which cannot rename either: the photo fails in true words and leaves nothing', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'photo.png'));
    const words = ['enhance', 'photo.png', '--on-collision', 'overwrite-result', ...twice];
    expect(await onestep(folder, words)).toMatchObject({ status: 0 });
    const before = await readFile(join(folder, 'photo_2x.png'));
    const { status, error } = await onestep(folder, words, { env: failing({ call: 'rename', error: 'EXDEV' }) });
    expect(error).toMatch(/The disk refused the result \(EXDEV\)\./);
    expect(status).toBe(3);
    expect(await readFile(join(folder, 'photo_2x.png'))).toEqual(before);
    expect((await readdir(folder)).toSorted()).toEqual(['.cache', 'photo.png', 'photo_2x.png']);
  });
});

describe('a disk that fails is told of in true words', needs('failingDisk'), () => {
  const opening = [
    ['ESTALE', /reports an error or does not respond\. Check its cable/],
    ['ETIMEDOUT', /reports an error or does not respond\. Check its cable/],
    ['EIO', /reports an error or does not respond\. Check its cable/],
    ['EMFILE', /Too many files are open at once\. Close other programs or raise the limit/],
    ['ELOOP', /a link that leads to itself\. Choose the photo itself/],
    ['ENAMETOOLONG', /path of the photo is longer than the system allows\. Move the photo/],
    ['EACCES', /cannot be read\. Check the permissions/],
  ] as const;
  it.each(opening)('the photo cannot be opened: %s', async (error, words) => {
    const outcome = await enhanceOn({ call: 'open', error, path: '/photo.png' });
    expect(outcome.error).toMatch(words);
    expect(outcome).toMatchObject({ status: 3, results: [] });
  });

  const writing = [
    ['ESTALE', /reports an error or does not respond/],
    ['EDQUOT', /The disk is full/],
    ['EMFILE', /Too many files are open at once/],
    ['EROFS', /cannot be written to/],
  ] as const;
  it.each(writing)('the result cannot be opened: %s', async (error, words) => {
    const outcome = await enhanceOn({ call: 'open', error, path: '/results/.photo' });
    expect(outcome.error).toMatch(words);
    expect(outcome).toMatchObject({ status: 3, results: [] });
  });

  it('bytes that did not get to the disk are no result', async () => {
    const outcome = await enhanceOn({ call: 'fsync', error: 'EIO', kind: 'file' });
    expect(outcome.error).toMatch(/reports an error or does not respond/);
    expect(outcome).toMatchObject({ status: 3, results: [] });
  });
});
