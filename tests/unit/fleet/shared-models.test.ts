import { appendFile, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manifestHash } from '../../../src/fleet/carry-out.ts';
import { markRoot } from '../../../src/fleet/roots.ts';
import { fetchModel, publishModel } from '../../../src/fleet/shared-models.ts';
import type { ModelSummary } from '../../../src/shared/engine-protocol.ts';
import { goldenFolder, testFolder } from '../../support/golden.ts';

const folder = join(goldenFolder, 'identity-x2');
const imported = { id: 'identity-x2', folder, removable: true, licence: 'MIT' } as ModelSummary;

async function places() {
  const nas = join(await testFolder(), 'nas');
  await mkdir(nas);
  return { root: await markRoot(nas, 'nas'), models: await testFolder(), manifest: await manifestHash(imported) };
}

it('a model travels by its hash, and is installed whole', async () => {
  const { root, models, manifest } = await places();
  expect(await fetchModel([root], models, imported.id, manifest)).toBe(false);
  await publishModel(root, imported, manifest);
  await publishModel(root, imported, manifest);
  expect(await readdir(join(root.folder, '.onestep/models'))).toEqual([manifest]);
  expect(await fetchModel([root], models, imported.id, manifest)).toBe(true);
  expect((await readdir(join(models, imported.id))).toSorted()).toEqual((await readdir(folder)).toSorted());
  expect(await readdir(models)).toEqual([imported.id]);
  // What is there already is not replaced.
  expect(await fetchModel([root], models, imported.id, manifest)).toBe(false);
});

it('one that is not what its manifest says is not installed, under another name neither', async () => {
  const { root, models, manifest } = await places();
  await publishModel(root, imported, manifest);
  expect(await fetchModel([root], models, '../outside', manifest)).toBe(false);
  await appendFile(join(root.folder, '.onestep/models', manifest, 'fp32.onnx'), 'more');
  expect(await fetchModel([root], models, imported.id, manifest)).toBe(false);
  expect(await readdir(models)).toEqual([]);
});

it('what came with Onestep, or may not be handed on, is not put there', async () => {
  const { root, manifest } = await places();
  await publishModel(root, { ...imported, removable: false }, manifest);
  await publishModel(root, { ...imported, licence: 'Research only, no redistribution' }, manifest);
  expect(await readdir(join(root.folder, '.onestep'))).toEqual(['key']);
});

it('a link among its files leads nowhere', async () => {
  const { root, models, manifest } = await places();
  await publishModel(root, imported, manifest);
  await symlink('/etc/passwd', join(root.folder, '.onestep/models', manifest, 'extra'));
  expect(await fetchModel([root], models, imported.id, manifest)).toBe(true);
  expect(await readdir(join(models, imported.id))).not.toContain('extra');
});
