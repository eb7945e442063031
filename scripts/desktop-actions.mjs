/**
 * Writes resources/windows/desktop-actions.nsh, what the Windows installer does for Explorer's menu, from the table that the application
 * itself goes by (src/app/desktop-actions). `--check` compares instead.
 */
import { writeOrCheck } from './freshness.mjs';
import { sourceModule } from './source-module.mjs';

const registry = /** @type {typeof import('../src/app/desktop-actions/windows/registry.ts')} */ (
  await sourceModule('src/app/desktop-actions/windows/registry.ts')
);
const words = /** @type {typeof import('../src/app/desktop-actions/verbs.ts')} */ (await sourceModule('src/app/desktop-actions/verbs.ts'));

const program = 'THE PROGRAM';
/** @param {string} text @returns {string} a string of NSIS, in which quotation marks stand for themselves */
const text = (text) => `\`${text.replaceAll('$', '$$$$').replaceAll(program, '$INSTDIR\\${APP_EXECUTABLE_FILENAME}')}\``;

const keys = registry.registryKeys({ program, words: [] });
/** Labels are the macro's parameters; each once, in the order in which they come. */
const labels = [
  ...new Map(
    keys.flatMap(({ values }) => Object.values(values).filter((value) => typeof value !== 'string')).map((label) => [label.en, label]),
  ).values(),
];
/** @param {import('../src/app/desktop-actions/verbs.ts').Label | string} value */
const valueText = (value) =>
  typeof value === 'string' ? text(value) : `\`\${LABEL${labels.findIndex((label) => label.en === value.en)}}\``;

const parameters = labels.map((_, index) => `LABEL${index}`).join(' ');
const writes = keys.flatMap(({ path, values }) =>
  Object.entries(values).map(([name, value]) => `  WriteRegStr HKCU ${text(path)} ${text(name)} ${valueText(value)}`),
);
const removals = registry.menuOwners.flatMap((owner) => [
  `  DeleteRegKey HKCU ${text(registry.menuKey(owner))}`,
  // What else is there belongs to others.
  `  DeleteRegKey /ifempty HKCU ${text(`${owner}\\shell`)}`,
  `  DeleteRegKey /ifempty HKCU ${text(owner)}`,
]);
/** @param {'en' | 'de' | 'zh'} language */
const inLanguage = (language) => `    !insertmacro DesktopActionsWrite ${labels.map((label) => text(label[language])).join(' ')}`;
const shortcut = text(`$SENDTO\\${words.menuLabel.en}.lnk`).replaceAll('$$', '$');
const told = "  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'";

writeOrCheck(
  'resources/windows/desktop-actions.nsh',
  `; Written by scripts/desktop-actions.mjs: Explorer's menu for photos and folders, as the application itself puts it there.
; An installer inserts DesktopActionsInstall, one that updates DesktopActionsRefresh, an uninstaller DesktopActionsRemove.
!include LogicLib.nsh

!macro DesktopActionsWrite ${parameters}
${writes.join('\n')}
!macroend

!macro DesktopActionsInstall
  !insertmacro DesktopActionsDelete
  \${If} $LANGUAGE == 1031
${inLanguage('de')}
  \${ElseIf} $LANGUAGE == 2052
${inLanguage('zh')}
  \${Else}
${inLanguage('en')}
  \${EndIf}
  ; Names every file of a selection in one start, where the menu stops at a hundred.
  CreateShortCut ${shortcut} ${text(program)} \`--enhance --\`
${told}
!macroend

; Whoever has switched the menu off keeps it off.
!macro DesktopActionsRefresh
  ReadRegStr $R0 HKCU ${text(keys.find(({ path }) => path.endsWith('\\command'))?.path ?? '')} \`\`
  \${If} $R0 != \`\`
    !insertmacro DesktopActionsInstall
  \${EndIf}
!macroend

!macro DesktopActionsRemove
  !insertmacro DesktopActionsDelete
  Delete ${shortcut}
${told}
!macroend

!macro DesktopActionsDelete
  DeleteRegKey HKCU ${text(registry.submenuKey)}
${removals.join('\n')}
!macroend
`,
);
