import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { convertModel } from '../../../../../src/convert/convert.ts';
import { countOf } from '../../../../../src/convert/graph/tensor.ts';
import { findSources } from '../../../../../src/convert/sources.ts';
import { finishFeedForward } from '../../../../../src/engine/pipelines/feed-forward/finish.ts';
import { runGraph } from '../../../../../src/import/run-graph.ts';
import type { FeedForwardManifest, Manifest } from '../../../../../src/shared/manifest.ts';
import { compact, type Shapes } from '../../../../support/network-shapes.ts';
import { temporaryFolder } from '../../../../support/photo-files.ts';
import { safetensors } from '../../../../support/weight-files.ts';

/** A model folder made of a network whose weights are all zero. */
async function finished(shapes: Shapes): Promise<Manifest> {
  const folder = await temporaryFolder();
  let end = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const start = end;
    end += countOf(shape) * 4;
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const;
  });
  await writeFile(join(folder, 'zeros.safetensors'), safetensors(Object.fromEntries(entries), Buffer.alloc(end)));
  const [source] = await findSources([join(folder, 'zeros.safetensors')]);
  if (source === undefined) throw new Error('There is no source.');
  const target = join(folder, 'model');
  await mkdir(target);
  const draft = await convertModel(source, target, (path, picture) => runGraph(path, picture, 1));
  if ('does' in draft) throw new Error('This is no model for photos.');
  const { graphs, weights, tensors, scale, options, radius } = draft;
  const names = { schema: 1, id: 'zeros', name: 'Zeros', summary: '', card: { licence: '', limits: '' } } as const;
  const head = { ...names, experimental: false };
  const manifest = { ...head, graphs, weights: [...weights], tensors, scale, options };
  return finishFeedForward({ folder: target, manifest, radius, threads: 1 });
}

it('measures a network and writes its manifest', async () => {
  expect(await finished(compact())).toMatchObject({ scale: 2, overlap: 2, selfTest: { width: 48, height: 48 } });
});

it('says what memory a pixel of a tile takes', async () => {
  const wide = { 'body.0.weight': [2048, 3, 3, 3], 'body.0.bias': [2048], 'body.1.weight': [2048], 'body.2.weight': [12, 2048, 3, 3] };
  const { bytesPerPixel } = (await finished({ ...compact(), ...wide })) as FeedForwardManifest;
  // 2,048 features of 4 bytes, a few times over. Of a picture they are 75 MB: so much the system hands out afresh, while memory that this
  // process gave back before would be taken again unseen.
  expect(bytesPerPixel).toBeGreaterThan(0);
  expect(bytesPerPixel).toBeLessThan(8 * 8192);
});

it('refuses a network whose layers do not fit one another, in words', async () => {
  const shapes = { ...compact(), 'body.2.weight': [12, 7, 3, 3] };
  await expect(finished(shapes)).rejects.toMatchObject({ code: 'unsupported-model' });
});
