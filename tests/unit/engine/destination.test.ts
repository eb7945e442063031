import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createContext } from '../../../src/engine/context.ts';
import { enhancePhoto } from '../../../src/engine/enhance.ts';
import { planJob } from '../../../src/engine/plan.ts';
import { defaultOptions } from '../../../src/shared/options.ts';
import type { Request } from '../../../src/shared/request.ts';
import { goldenFolder, testFolder } from '../../support/golden.ts';
import { writePicture } from '../../support/programs.ts';

it('writes to a settled destination, or not at all where something has taken it', async () => {
  const folder = await testFolder();
  const engine = createContext({
    ...{ modelFolders: [goldenFolder], threads: 1 },
    ...{ cacheFolder: join(folder, 'cache'), temporaryFolder: join(folder, 'temporary') },
  });
  const options = { ...defaultOptions, model: 'identity-x2', provider: 'cpu' } as const;
  const source = await writePicture(join(folder, 'a.png'));
  const destination = join(folder, 'results', 'settled.png');
  const request: Request = { source, destination, options };

  expect(await planJob(request, engine)).toMatchObject({ output: destination, skip: null });
  expect(await enhancePhoto(request, engine)).toMatchObject({ status: 'done', output: destination });
  await expect(planJob(request, engine)).rejects.toMatchObject({ code: 'already-exists' });
  await expect(enhancePhoto(request, engine)).rejects.toMatchObject({ code: 'already-exists' });

  const replacing: Request = { ...request, options: { ...options, onCollision: 'overwrite-result' } };
  expect(await enhancePhoto(replacing, engine)).toMatchObject({ status: 'done', output: destination });
  await writeFile(destination, 'of another program');
  await expect(enhancePhoto(replacing, engine)).rejects.toMatchObject({ code: 'would-overwrite-original' });
  expect(await readdir(join(folder, 'results'))).toEqual(['settled.png']);
});
