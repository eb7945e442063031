import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DesktopActions } from '../../../../src/app/desktop-actions/desktop-actions.ts';
import { launchOf } from '../../../../src/main/launch-command.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';
import { parsePlist } from '../../../support/plist.ts';

const launch = launchOf({
  ...{ platform: 'darwin', packaged: true, env: {}, appPath: '' },
  execPath: '/Applications/Onestep.app/Contents/MacOS/Onestep',
});

const person = async (given = launch) => {
  const home = await temporaryFolder();
  const actions = (language: 'en' | 'de' = 'en'): DesktopActions =>
    new DesktopActions({
      ...{ platform: 'darwin', packageFolder: '/', env: {}, home, language: () => language },
      startable: { launch: given, createShortcut: () => undefined },
    });
  const services = join(home, 'Library/Services');
  const plist = async (verb: string, file: string): Promise<unknown> =>
    parsePlist(await readFile(join(services, `Onestep ${verb}.workflow`, 'Contents', file), 'utf8'));
  return { actions, services, plist };
};

interface Workflow {
  readonly actions: readonly {
    readonly action: { readonly ActionParameters: { readonly COMMAND_STRING: string; readonly inputMethod: number } };
  }[];
  readonly workflowMetaData: Readonly<Record<string, unknown>>;
}

describe('Finder’s Quick Actions', () => {
  it('are put, found again in whatever language, and removed', async () => {
    const { actions, services } = await person();
    await mkdir(services, { recursive: true });
    await writeFile(join(services, 'mine'), '');
    expect(await actions().state()).toEqual({ state: 'off', places: [] });
    expect(await actions('de').set(true)).toEqual({ state: 'on', places: ['Finder'] });
    expect(await actions().state()).toEqual({ state: 'on', places: ['Finder'] });
    expect((await readdir(services)).sort()).toEqual([
      ...['choose', 'enhance-x2', 'enhance-x4', 'enhance'].map((id) => `Onestep ${id}.workflow`),
      'mine',
    ]);
    await writeFile(join(services, 'Onestep enhance.workflow/Contents/document.wflow'), '');
    expect(await actions().state()).toMatchObject({ state: 'amiss' });
    await actions().set(false);
    expect(await readdir(services)).toEqual(['mine']);
  });

  it('are offered for photos and folders in Finder, in the person’s language', async () => {
    const { actions, plist } = await person();
    await actions('de').set(true);
    expect(await plist('enhance-x2', 'Info.plist')).toEqual({
      NSServices: [
        expect.objectContaining({
          NSMenuItem: { default: 'Mit Onestep verbessern ×2' },
          NSMessage: 'runWorkflowAsService',
          NSSendFileTypes: ['public.image', 'public.folder'],
          NSRequiredContext: { NSApplicationIdentifier: 'com.apple.finder' },
        }),
      ],
    });
  });

  it('start the application with the files as they are', async () => {
    const home = await temporaryFolder();
    await writeFile(join(home, 'open it'), '#!/bin/sh\nprintf "%s|" "$@"\n', { mode: 0o755 });
    const { actions, plist } = await person({ ...launch, program: join(home, 'open it') });
    await actions().set(true);
    const { actions: steps, workflowMetaData } = (await plist('enhance-x4', 'document.wflow')) as Workflow;
    expect(workflowMetaData).toMatchObject({
      workflowTypeIdentifier: 'com.apple.Automator.servicesMenu',
      serviceInputTypeIdentifier: 'com.apple.Automator.fileSystemObject',
      serviceProcessesInput: false,
    });
    const { COMMAND_STRING: command = '', inputMethod } = steps[0]?.action.ActionParameters ?? {};
    expect(inputMethod).toBe(1);
    const files = [`/p/it's a "b" $HOME.jpg`, '/p/ü 🌄.png'];
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, 'sh', ...files]);
    expect(stdout.split('|').slice(0, -1)).toEqual(['-n', '-b', 'app.onestep', '--args', '--enhance', '--scale=4', '--', ...files]);
  });
});
