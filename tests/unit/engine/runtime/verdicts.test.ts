import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { feedForward } from '../../../../src/engine/pipelines/feed-forward/kind.ts';
import { providerNamed } from '../../../../src/engine/runtime/providers.ts';
import { recallVerdict, rememberVerdict, verdictKey, type Verdict } from '../../../../src/engine/runtime/verdicts.ts';
import { told } from '../../../../src/shared/sentence.ts';
import { goldenModel, testFolder } from '../../../support/golden.ts';

const passed: Verdict = { state: 'passed', parityDb: 52, secondsPerMegapixel: 0.2 };

/** The id of a process that is no more. */
const deadProcess = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('verdicts', () => {
  it('are kept in the cache folder, which is made where it is missing, in one whole file', async () => {
    const folder = join(await testFolder(), 'deep', 'cache');
    await rememberVerdict(folder, 'a', passed);
    await rememberVerdict(folder, 'b', { state: 'failed', reason: told('No.'), parityDb: 12, at: Date.now() });
    expect(await recallVerdict(folder, 'a')).toEqual(passed);
    expect(await recallVerdict(folder, 'b')).toMatchObject({ state: 'failed', reason: told('No.') });
    expect(await recallVerdict(folder, 'c')).toBeNull();
    expect(await readdir(folder)).toEqual(['verdicts.json']);
  });

  it('start anew where the file is damaged', async () => {
    const folder = await testFolder();
    for (const damage of [
      '',
      '{"schema":1,"verdicts":{"a":{"state":"pass',
      '{"schema":2}',
      '[]',
      '{"schema":1,"verdicts":{"a":{"state":"passed"}}}',
    ]) {
      await writeFile(join(folder, 'verdicts.json'), damage);
      expect(await recallVerdict(folder, 'a')).toBeNull();
      await rememberVerdict(folder, 'a', passed);
      expect(await recallVerdict(folder, 'a')).toEqual(passed);
    }
  });

  it('cost nothing but a self-test where the folder cannot be written', async () => {
    const file = join(await testFolder(), 'file');
    await writeFile(file, '');
    await rememberVerdict(join(file, 'cache'), 'a', passed);
    expect(await recallVerdict(join(file, 'cache'), 'a')).toBeNull();
  });

  it('call a provider failed that a process died of, and wait for one that is still at it', async () => {
    const folder = await testFolder();
    await rememberVerdict(folder, 'a', { state: 'probing', processId: deadProcess() });
    expect(await recallVerdict(folder, 'a')).toMatchObject({ state: 'failed' });
    expect(JSON.parse(await readFile(join(folder, 'verdicts.json'), 'utf8'))).toMatchObject({ verdicts: { a: { state: 'failed' } } });
    await rememberVerdict(folder, 'b', { state: 'probing', processId: process.ppid });
    expect(await recallVerdict(folder, 'b')).toMatchObject({ state: 'probing' });
  });

  it('forget a failure after a week', async () => {
    const folder = await testFolder();
    const day = 24 * 3600 * 1000;
    await rememberVerdict(folder, 'a', { state: 'failed', reason: told('No.'), parityDb: null, at: Date.now() - 6 * day });
    await rememberVerdict(folder, 'b', { state: 'failed', reason: told('No.'), parityDb: null, at: Date.now() - 8 * day });
    expect(await recallVerdict(folder, 'a')).not.toBeNull();
    expect(await recallVerdict(folder, 'b')).toBeNull();
  });

  it('are about one model, graph and provider', async () => {
    const model = feedForward(await goldenModel('identity-x2'));
    const [way, other] = model.ways;
    if (way === undefined || other === undefined) throw new Error('the golden model has two graphs');
    const provider = providerNamed('cpu');
    const weights = [{ file: 'weights.bin', sha256: '0'.repeat(64) }];
    const changed = way.files.map((file) => ({ ...file, sha256: '1'.repeat(64) }));
    const keys = [
      verdictKey(model, { way, provider }),
      verdictKey(model, { way: other, provider }),
      verdictKey(model, { way, provider: providerNamed('webgpu') }),
      verdictKey(model, { way: { ...way, files: changed }, provider }),
      verdictKey({ ...model, weights }, { way, provider }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(verdictKey(model, { way, provider })).toBe(keys[0]);
  });
});
