import { join } from 'node:path';
import type { Language } from '../../../shared/language.ts';
import { commandOf, shellWord, type Launch } from '../launch.ts';
import type { OwnFile } from '../own-files.ts';
import { verbs } from '../verbs.ts';

/** The submenu: a folder of ours among the person's scripts. */
export const scriptsFolder = 'Onestep';

/**
 * Scripts as Nautilus and Caja run them: a script's name is what the menu says. What is chosen comes as addresses, one a line: these
 * hold a name with a line break, too, and the application takes them as they are.
 */
export const scriptFiles = (folder: string, manager: 'NAUTILUS' | 'CAJA', launch: Launch, language: Language): OwnFile[] =>
  verbs.map((verb) => ({
    path: join(folder, scriptsFolder, verb.short[language]),
    content: `#!/bin/sh
# Onestep: ${verb.label.en}
IFS='
'
set -f
exec ${commandOf(launch, verb).map(shellWord).join(' ')} $${manager}_SCRIPT_SELECTED_URIS
`,
    executable: true,
  }));
