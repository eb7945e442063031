import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applicationId, launchOf, ownProgram } from '../../../src/main/launch-command.ts';

const linux = { platform: 'linux', execPath: '/tmp/.mount_x/onestep', env: {}, packaged: true, appPath: '/a' } as const;

describe('how the application is started again', () => {
  it('is its program, or what that was unpacked from', () => {
    const image = { APPIMAGE: '/home/p/Onestep.AppImage', APPDIR: '/tmp/.mount_x' };
    expect(ownProgram(linux)).toBe('/tmp/.mount_x/onestep');
    expect(ownProgram({ ...linux, env: image })).toBe('/home/p/Onestep.AppImage');
    // Another AppImage has started this one.
    expect(ownProgram({ ...linux, execPath: '/opt/Onestep/onestep', env: image })).toBe('/opt/Onestep/onestep');
    const portable = {
      platform: 'win32',
      execPath: 'C:\\Temp\\x\\Onestep.exe',
      env: { PORTABLE_EXECUTABLE_FILE: 'D:\\Onestep.exe' },
    } as const;
    expect(ownProgram(portable)).toBe('D:\\Onestep.exe');
  });

  it('names the application to Electron outside of a package', () =>
    expect(launchOf({ ...linux, packaged: false })).toEqual({ program: '/tmp/.mount_x/onestep', words: ['/a'] }));

  it('is the system’s business on macOS', () => {
    const mac = { ...linux, platform: 'darwin', execPath: '/A/Electron.app/Contents/MacOS/Electron' } as const;
    expect(launchOf(mac)).toEqual({ program: '/usr/bin/open', words: ['-n', '-b', applicationId, '--args'] });
    expect(launchOf({ ...mac, packaged: false }).words).toEqual(['-n', '-a', '/A/Electron.app', '--args', '/a']);
  });

  it('goes by the name that packages have', async () => {
    const builder = await readFile(join(import.meta.dirname, '../../../electron-builder.yml'), 'utf8');
    expect(/^appId: (.*)$/m.exec(builder)?.[1]).toBe(applicationId);
  });
});
