import { photoExtensions } from '../../../shared/photo-extensions.ts';
import { commandOf, windowsWord, type Launch } from '../launch.ts';
import { menuLabel, verbs, type Label } from '../verbs.ts';

/** A key below `HKEY_CURRENT_USER` and its values, all of them strings; '' is the default value. */
export interface RegistryKey {
  readonly path: string;
  readonly values: Readonly<Record<string, string | Label>>;
}

const below = (...names: readonly string[]): string => names.join('\\');
const classes = below('Software', 'Classes');
/** The menu in the menu, once for all kinds of files. */
const submenu = 'Onestep.Enhance';
/** Below `HKEY_CURRENT_USER`: the whole tree is ours. */
export const submenuKey = below(classes, submenu);

/** What has a menu: photos by their extensions, whatever opens them, and folders. */
export const menuOwners: readonly string[] = [
  ...Object.keys(photoExtensions).map((extension) => below(classes, 'SystemFileAssociations', `.${extension}`)),
  below(classes, 'Directory'),
];
export const menuKey = (owner: string): string => below(owner, 'shell', 'Onestep');

/**
 * Explorer's verbs: `Player` shows them for up to a hundred files at once instead of fifteen, and starts the program once for each
 * (learn.microsoft.com, "verb selection model"). They stand in the order of their keys' names.
 */
export function registryKeys(launch: Launch): RegistryKey[] {
  const icon = `"${launch.program}",0`;
  const player = { MultiSelectModel: 'Player' };
  const menus = menuOwners.map((owner) => ({
    path: menuKey(owner),
    values: { MUIVerb: menuLabel, Icon: icon, ...player, ExtendedSubCommandsKey: submenu },
  }));
  const entries = verbs.flatMap((verb, index) => {
    const path = below(submenuKey, 'shell', `${index + 1}-${verb.id}`);
    const command = [...commandOf(launch, verb).map(windowsWord), '"%1"'].join(' ');
    return [
      { path, values: { MUIVerb: verb.short, Icon: icon, ...player } },
      { path: below(path, 'command'), values: { '': command } },
    ];
  });
  return [...menus, ...entries];
}
