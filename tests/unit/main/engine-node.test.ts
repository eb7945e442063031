import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineNode } from '../../../src/main/engine-node.ts';
import { temporaryFolder } from '../../support/photo-files.ts';

async function surroundings(shipped: string | null) {
  const resourcesPath = await temporaryFolder();
  await mkdir(resourcesPath, { recursive: true });
  if (shipped !== null) await writeFile(join(resourcesPath, shipped), '');
  return { resourcesPath, packaged: true, env: {} };
}

describe('the engine runs', () => {
  it.each(['linux', 'darwin'] as const)('with the Node in the package on %s', async (platform) => {
    const around = await surroundings('node');
    expect(engineNode('auto', { ...around, platform })).toBe(join(around.resourcesPath, 'node'));
  });

  it('in a process of Electron’s on Windows, and in Node where the setting asks for it and it is there', async () => {
    const around = { ...(await surroundings('node.exe')), platform: 'win32' as const };
    expect(engineNode('auto', around)).toBeNull();
    expect(engineNode('node', around)).toBe(join(around.resourcesPath, 'node.exe'));
  });

  it('in a process of Electron’s where the setting asks for it, or where there is no Node', async () => {
    const platform = 'linux' as const;
    expect(engineNode('utility', { ...(await surroundings('node')), platform })).toBeNull();
    expect(engineNode('auto', { ...(await surroundings(null)), platform })).toBeNull();
  });

  it('with the Node that started a clone', async () => {
    const around = { ...(await surroundings(null)), packaged: false, platform: 'linux' as const };
    expect(engineNode('auto', { ...around, env: { ONESTEP_NODE: process.execPath } })).toBe(process.execPath);
    expect(engineNode('auto', { ...around, env: { npm_node_execpath: process.execPath } })).toBe(process.execPath);
  });
});
