import { join } from 'node:path';
import { photoExtensions, photoMimeTypes } from '../../../shared/photo-extensions.ts';
import { commandOf, type Launch } from '../launch.ts';
import type { OwnFile } from '../own-files.ts';
import { labelOf, menuLabel, verbs, type Verb } from '../verbs.ts';
import { execValue, inLanguages, keyFile, list, stringValue } from './key-file.ts';

/** Of the icon theme: the name of {@link iconFile}, and of the one that a package brings. */
export const iconName = 'onestep';

const photoTypes = [...new Set(Object.values(photoMimeTypes).flat())];
const photosAndFolders = list([...photoTypes, 'inode/directory']);
const fileName = ({ id }: Verb): string => `onestep-${id}`;

/** Where the program has gone its entries are not shown. */
const tryExec = ({ program }: Launch): { TryExec: string } => ({ TryExec: stringValue(program) });

/**
 * The application among the others, for *Open With*. It claims photos only, and only to show them: an entry in a person's own folder
 * comes first where nothing else was chosen to open them with, and for folders it would open every folder on the desktop.
 */
export const applicationEntry = (folder: string, launch: Launch): OwnFile => ({
  path: join(folder, 'onestep.desktop'),
  content: keyFile({
    'Desktop Entry': {
      Type: 'Application',
      Name: 'Onestep',
      ...inLanguages('GenericName', labelOf('desktop.genericName')),
      ...inLanguages('Comment', labelOf('desktop.comment')),
      ...tryExec(launch),
      Exec: execValue(commandOf(launch, { words: [] }), '%F'),
      Icon: iconName,
      Terminal: 'false',
      Categories: 'Graphics;Photography;',
      StartupWMClass: 'onestep',
      MimeType: list(photoTypes),
    },
  }),
});

/** Nemo's actions, one file each. Addresses, because older ones put names between quotation marks as they are. */
export const nemoActions = (folder: string, launch: Launch): OwnFile[] =>
  verbs.map((verb) => ({
    path: join(folder, `${fileName(verb)}.nemo_action`),
    content: keyFile({
      'Nemo Action': {
        Active: 'true',
        ...inLanguages('Name', verb.label),
        Exec: execValue(commandOf(launch, verb), '%U'),
        'Icon-Name': iconName,
        Selection: 'notnone',
        Extensions: list([...Object.keys(photoExtensions), 'dir']),
        Quote: 'double',
        Dependencies: list([launch.program]),
      },
    }),
  }));

/** Dolphin's service menu. KDE runs those in a person's own folder only where they are executable. */
export const serviceMenu = (folder: string, launch: Launch): OwnFile => ({
  path: join(folder, 'onestep.desktop'),
  executable: true,
  content: keyFile({
    'Desktop Entry': {
      Type: 'Service',
      'X-KDE-ServiceTypes': 'KonqPopupMenu/Plugin',
      MimeType: photosAndFolders,
      Actions: list(verbs.map(({ id }) => id)),
      ...inLanguages('X-KDE-Submenu', menuLabel),
      Icon: iconName,
      ...tryExec(launch),
    },
    ...Object.fromEntries(
      verbs.map((verb) => [
        `Desktop Action ${verb.id}`,
        { ...inLanguages('Name', verb.short), Icon: iconName, Exec: execValue(commandOf(launch, verb), '%F') },
      ]),
    ),
  }),
});

/**
 * Actions of the DES-EMA specification, which PCManFM reads, a file for each. Its library (libfm's fm-actions.c) wants all chosen files
 * to be of one of the types, hence `image/*`; finds no `TryExec` that is a path; and shows menus without their names.
 */
export const fileManagerActions = (folder: string, launch: Launch): OwnFile[] =>
  verbs.map((verb) => ({
    path: join(folder, `${fileName(verb)}.desktop`),
    content: keyFile({
      'Desktop Entry': {
        Type: 'Action',
        ...inLanguages('Name', verb.label),
        Icon: iconName,
        Profiles: 'photos;',
      },
      'X-Action-Profile photos': {
        MimeTypes: list(['image/*', 'inode/directory']),
        SelectionCount: '>0',
        Exec: execValue(commandOf(launch, verb), '%F'),
      },
    }),
  }));

/** The icon of everything above, in the person's own icon theme. */
export const iconFile = (folder: string, png: Uint8Array): OwnFile => ({
  path: join(folder, 'icons', 'hicolor', '512x512', 'apps', `${iconName}.png`),
  content: png,
});
