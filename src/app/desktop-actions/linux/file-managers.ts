import { join } from 'node:path';
import type { Language } from '../../../shared/language.ts';
import type { Launch } from '../launch.ts';
import type { OwnFile } from '../own-files.ts';
import { fileManagerActions, nemoActions, serviceMenu } from './entries.ts';
import { scriptFiles, scriptsFolder } from './scripts.ts';

/** Where a person's programs keep what belongs to them. */
export interface XdgFolders {
  /** `$XDG_DATA_HOME` */
  readonly share: string;
  /** `$XDG_CONFIG_HOME` */
  readonly config: string;
}

interface FileManager {
  /** As it calls itself. */
  readonly name: string;
  /** It is here where one of these is. */
  readonly programs: readonly string[];
  readonly files: (folders: XdgFolders, launch: Launch, language: Language) => readonly OwnFile[];
  /** Folders of ours alone among its own. */
  readonly ownFolders: (folders: XdgFolders) => readonly string[];
}

/** File managers that take an action as files of ours. Thunar, which does not, is in thunar-file.ts. */
export const fileManagers: readonly FileManager[] = [
  {
    name: 'Nautilus',
    programs: ['nautilus'],
    files: ({ share }, launch, language) => scriptFiles(join(share, 'nautilus', 'scripts'), 'NAUTILUS', launch, language),
    ownFolders: ({ share }) => [join(share, 'nautilus', 'scripts', scriptsFolder)],
  },
  {
    name: 'Nemo',
    programs: ['nemo'],
    files: ({ share }, launch) => nemoActions(join(share, 'nemo', 'actions'), launch),
    ownFolders: () => [],
  },
  {
    name: 'Dolphin',
    programs: ['dolphin'],
    files: ({ share }, launch) => [serviceMenu(join(share, 'kio', 'servicemenus'), launch)],
    ownFolders: () => [],
  },
  {
    name: 'PCManFM',
    programs: ['pcmanfm', 'pcmanfm-qt'],
    files: ({ share }, launch) => fileManagerActions(join(share, 'file-manager', 'actions'), launch),
    ownFolders: () => [],
  },
  {
    name: 'Caja',
    programs: ['caja'],
    files: ({ config }, launch, language) => scriptFiles(join(config, 'caja', 'scripts'), 'CAJA', launch, language),
    ownFolders: ({ config }) => [join(config, 'caja', 'scripts', scriptsFolder)],
  },
];
