import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findModel, loadModels } from '../../../src/engine/models.ts';
import { verifyFiles } from '../../../src/engine/runtime/model.ts';
import { goldenFolder, goldenModel, testFolder } from '../../support/golden.ts';

describe('loadModels', () => {
  it('finds every folder that holds a manifest, sorted, and nothing else', async () => {
    const folder = await testFolder();
    await cp(join(goldenFolder, 'identity-x2'), join(folder, 'identity-x2'), { recursive: true });
    await cp(join(goldenFolder, 'identity-x1'), join(folder, 'identity-x1'), { recursive: true });
    await mkdir(join(folder, 'empty'));
    // What an import has not finished.
    await cp(join(goldenFolder, 'identity-x2'), join(folder, 'onestep-4711-Xy12Zq'), { recursive: true });
    await writeFile(join(folder, 'manifest.schema.json'), '{}');
    const models = await loadModels([join(folder, 'nowhere'), folder]);
    expect(models.map((model) => [model.id, model.problem])).toEqual([
      ['identity-x1', null],
      ['identity-x2', null],
    ]);
  });

  it('takes the first folder that has an id', async () => {
    const [first, second] = [await testFolder(), await testFolder()];
    for (const folder of [first, second]) await cp(join(goldenFolder, 'identity-x2'), join(folder, 'identity-x2'), { recursive: true });
    expect((await loadModels([first, second])).map((model) => model.folder)).toEqual([join(first, 'identity-x2')]);
  });

  it('says what is wrong with a manifest and goes on', async () => {
    const folder = await testFolder();
    const text = await readFile(join(goldenFolder, 'identity-x2', 'manifest.json'), 'utf8');
    const damages = {
      'not-json': text.slice(0, 100),
      'no-scale': text.replace('"scale": 2', '"scale": "two"').replaceAll('identity-x2', 'no-scale'),
      'other-name': text,
      // A manifest must not point outside its folder.
      outside: text.replace('"fp32.onnx"', '"../fp32.onnx"').replaceAll('identity-x2', 'outside'),
    };
    for (const [id, manifest] of Object.entries(damages)) {
      await mkdir(join(folder, id));
      await writeFile(join(folder, id, 'manifest.json'), manifest);
    }
    const models = await loadModels([folder]);
    expect(models.map((model) => [model.id, model.problem?.code])).toEqual(
      Object.keys(damages)
        .sort()
        .map((id) => [id, 'model-damaged']),
    );
    const details = Object.fromEntries(models.map((model) => [model.id, model.problem?.detail]));
    expect(details['no-scale']).toContain('scale');
    expect(details['other-name']).toContain('identity-x2');
    expect(() => findModel(models, 'outside')).toThrow(expect.objectContaining({ code: 'model-damaged' }) as Error);
  });

  it('names a model that is not there', () => {
    expect(() => findModel([], 'nothing')).toThrow(expect.objectContaining({ code: 'model-not-found' }) as Error);
  });
});

describe('verifyFiles', () => {
  it('accepts what has its hash, refuses what has not, and looks again after a repair', async () => {
    const folder = await testFolder();
    await cp(join(goldenFolder, 'identity-x2'), join(folder, 'identity-x2'), { recursive: true });
    const model = await goldenModel('identity-x2', folder);
    const graph = model.manifest.graphs.find(({ file }) => file === 'fp32.onnx') ?? { file: '', sha256: '' };
    const path = join(model.folder, graph.file);
    const right = await readFile(path);
    await writeFile(path, 'something else');
    await expect(verifyFiles(model, [graph])).rejects.toMatchObject({
      code: 'model-damaged',
      message: expect.stringContaining('fp32.onnx') as string,
    });
    await writeFile(path, right);
    await verifyFiles(model, [graph]);
    await expect(verifyFiles(model, [{ file: 'gone.bin', sha256: graph.sha256 }])).rejects.toMatchObject({ code: 'model-damaged' });
  });
});
