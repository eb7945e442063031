import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPairs, pairsWithReferences } from '../../../../src/app/evaluate/pairs.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

/** A folder with empty files in it, and paths below it. */
async function place(...files: readonly string[]): Promise<(path: string) => string> {
  const folder = await temporaryFolder();
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
  return (path) => join(folder, path);
}

describe('references of results whose photos are known', () => {
  it('lie in the same place and have the name of the result, or of its photo', async () => {
    const at = await place('hr/a_4x.png', 'hr/a.png', 'hr/sub/b.jpg', 'hr/c.png', 'hr/unused.png');
    const known = ['a', 'sub/b', 'sub/c'].map((name) => ({ source: at(`lr/${name}.heic`), result: at(`out/${name}_4x.png`) }));
    const { pairs, alone } = await pairsWithReferences(known, at('hr'));
    expect(pairs.map(({ reference }) => reference)).toEqual([at('hr/a_4x.png'), at('hr/sub/b.jpg'), null]);
    expect(alone).toEqual([
      { path: at('out/sub/c_4x.png'), missing: 'reference' },
      ...['hr/a.png', 'hr/c.png', 'hr/unused.png'].map((name) => ({ path: at(name), missing: 'result' })),
    ]);
  });

  it('are those that the command line finds, in the folder that holds all the photos', async () => {
    const at = await place('lr/one/x.png', 'lr/one/two/y.png', 'out/x_4x.png', 'out/two/y_4x.png', 'hr/x.png', 'hr/two/y.png');
    const known = ['x', 'two/y'].map((name) => ({ source: at(`lr/one/${name}.png`), result: at(`out/${name}_4x.png`) }));
    const found = await findPairs({ results: at('out'), reference: at('hr'), sources: at('lr/one'), template: '{name}_{scale}x' });
    expect(await pairsWithReferences(known, at('hr'))).toEqual(found);
    expect(found.pairs.map(({ reference }) => reference)).toEqual([at('hr/x.png'), at('hr/two/y.png')]);
  });

  it('are none where no folder was chosen, and a problem where it is gone', async () => {
    const at = await place('a.png');
    const known = [{ source: at('a.png'), result: at('a_4x.png') }];
    expect(await pairsWithReferences(known, null)).toEqual({ pairs: [{ ...known[0], reference: null }], alone: [], leftOut: [] });
    await expect(pairsWithReferences(known, at('nowhere'))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('pairs in one folder', () => {
  it('never take a result for its own source', async () => {
    const at = await place('a.png', 'a_4x.png', 'a_4x_4x.png');
    const { pairs } = await findPairs({ results: at(''), reference: null, sources: at(''), template: '{name}_{scale}x' });
    expect(pairs.map(({ result, source }) => [result, source])).toEqual([
      [at('a_4x_4x.png'), at('a_4x.png')],
      [at('a_4x.png'), at('a.png')],
    ]);
  });
});
