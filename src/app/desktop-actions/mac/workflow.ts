import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Language } from '../../../shared/language.ts';
import { commandOf, shellWord, type Launch } from '../launch.ts';
import type { OwnFile } from '../own-files.ts';
import type { Verb } from '../verbs.ts';
import { plistText } from './plist.ts';

/** The folder of a verb's workflow in `~/Library/Services`. */
export const workflowFolder = (services: string, { id }: Verb): string => join(services, `Onestep ${id}.workflow`);

/**
 * A verb as a Quick Action of Finder: a workflow of Automator with one step, a shell script that is given the files as arguments.
 * Finder shows it for photos and folders, in the menu and in the preview pane.
 */
export function workflowFiles(services: string, verb: Verb, launch: Launch, language: Language): OwnFile[] {
  const contents = join(workflowFolder(services, verb), 'Contents');
  const service = {
    NSMenuItem: { default: verb.label[language] },
    NSMessage: 'runWorkflowAsService',
    NSBackgroundColorName: 'background',
    NSIconName: 'NSActionTemplate',
    NSRequiredContext: { NSApplicationIdentifier: 'com.apple.finder' },
    NSSendFileTypes: ['public.image', 'public.folder'],
  };
  return [
    { path: join(contents, 'Info.plist'), content: plistText({ NSServices: [service] }) },
    { path: join(contents, 'document.wflow'), content: plistText(documentOf(verb, launch)) },
  ];
}

/** As Automator 2.10 writes it: a Quick Action that takes files from Finder and gives nothing back. */
function documentOf(verb: Verb, launch: Launch) {
  const fileObject = 'com.apple.Automator.fileSystemObject';
  const strings = { Container: 'List', Types: ['com.apple.cocoa.string'] };
  const script = {
    AMAccepts: { ...strings, Optional: true },
    AMActionVersion: '2.0.3',
    AMApplication: ['Automator'],
    AMProvides: strings,
    ActionBundlePath: '/System/Library/Automator/Run Shell Script.action',
    ActionName: 'Run Shell Script',
    ActionParameters: {
      COMMAND_STRING: `exec ${commandOf(launch, verb).map(shellWord).join(' ')} "$@"`,
      CheckedForUserDefaultShell: true,
      // The files as arguments, not on standard input.
      inputMethod: 1,
      shell: '/bin/sh',
      source: '',
    },
    BundleIdentifier: 'com.apple.RunShellScript',
    CFBundleVersion: '2.0.3',
    'Class Name': 'RunShellScriptAction',
    InputUUID: uuidOf(`${verb.id} input`),
    Keywords: ['Shell', 'Script', 'Command', 'Run', 'Unix'],
    OutputUUID: uuidOf(`${verb.id} output`),
    UUID: uuidOf(verb.id),
    arguments: {},
    isViewVisible: 1,
  };
  return {
    AMApplicationBuild: '523',
    AMApplicationVersion: '2.10',
    AMDocumentVersion: '2',
    actions: [{ action: script, isViewVisible: 1 }],
    connectors: {},
    workflowMetaData: {
      applicationBundleID: 'com.apple.finder',
      applicationPath: '/System/Library/CoreServices/Finder.app',
      inputTypeIdentifier: fileObject,
      outputTypeIdentifier: 'com.apple.Automator.nothing',
      presentationMode: 15,
      processesInput: false,
      serviceApplicationBundleID: 'com.apple.finder',
      serviceApplicationPath: '/System/Library/CoreServices/Finder.app',
      serviceInputTypeIdentifier: fileObject,
      serviceOutputTypeIdentifier: 'com.apple.Automator.nothing',
      serviceProcessesInput: false,
      systemImageName: 'NSActionTemplate',
      useAutomaticInputType: false,
      workflowTypeIdentifier: 'com.apple.Automator.servicesMenu',
    },
  };
}

/** The same every time, so that a workflow that is put again is the same file. */
function uuidOf(name: string): string {
  const [digits = ''] = /^.{32}/.exec(createHash('sha256').update(`onestep ${name}`).digest('hex')) ?? [];
  return digits.toUpperCase().replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}
