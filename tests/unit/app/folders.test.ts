import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { userFolders } from '../../../src/app/folders.ts';

describe('userFolders', () => {
  it.each([
    [
      'linux',
      {},
      { cache: '.cache/onestep', models: '.local/share/onestep/models', state: '.local/state/onestep', settings: '.config/onestep' },
    ],
    [
      'darwin',
      {},
      {
        cache: 'Library/Caches/Onestep',
        models: 'Library/Application Support/Onestep/models',
        state: 'Library/Application Support/Onestep/State',
        settings: 'Library/Application Support/Onestep',
      },
    ],
    [
      'win32',
      {},
      {
        cache: 'AppData/Local/Onestep/Cache',
        models: 'AppData/Local/Onestep/models',
        state: 'AppData/Local/Onestep/State',
        settings: 'AppData/Local/Onestep',
      },
    ],
    [
      'linux',
      { XDG_CACHE_HOME: '/home/me/c', XDG_DATA_HOME: '/home/me/d', XDG_STATE_HOME: '/home/me/s', XDG_CONFIG_HOME: '/home/me/f' },
      { cache: 'c/onestep', models: 'd/onestep/models', state: 's/onestep', settings: 'f/onestep' },
    ],
    [
      'linux',
      { ONESTEP_CACHE: '/home/me/c', ONESTEP_STATE: '/home/me/s', ONESTEP_SETTINGS: '/home/me/f', XDG_STATE_HOME: '' },
      { cache: 'c', temporary: 'c/temporary', state: 's', settings: 'f' },
    ],
  ] as const)('follow the conventions of %s with %j', (platform, env, expected) => {
    const folders = userFolders({ platform, env, home: '/home/me' });
    expect(folders).toMatchObject(Object.fromEntries(Object.entries(expected).map(([name, path]) => [name, join('/home/me', path)])));
  });
});
