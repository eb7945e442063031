import { say } from '../words/words.svelte.ts';
import { isEnabled, type Action, type ActionTable } from './action.ts';

/** A key and what must be held with it. */
interface Chord {
  readonly key: string;
  readonly mod: boolean;
  readonly shift: boolean;
}

function chordOf(keys: string): Chord {
  const [, mod, shift, key = ''] = /^(Mod\+)?(Shift\+)?(.+)$/.exec(keys) ?? [];
  return { key, mod: mod !== undefined, shift: shift !== undefined };
}

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** What a key press asks for; undefined for all that is not ours, such as the browser’s own shortcuts. */
export function actionFor<Target>(event: Press, actions: ActionTable<Target>): Action<Target> | undefined {
  if (event.altKey) return undefined;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const command = event.ctrlKey || event.metaKey;
  return Object.values(actions).find(({ keys = [] }) =>
    keys.map(chordOf).some(({ key, mod, shift }) => key === pressed && mod === command && (shift === event.shiftKey || !(shift || mod))),
  );
}

/** What of an element decides which keys are its own. */
type Focused = Pick<HTMLElement, 'tagName' | 'isContentEditable' | 'closest'> & { readonly type?: string };

/** The keys that an element of each kind knows what to do with: text takes all but the function keys. */
const ownKeys = {
  text: /^(?!F\d)/,
  slider: /^( |Arrow.*|Page.*|Home|End)$/,
  box: /^ $/,
  button: /^( |Enter)$/,
} as const;
/** With Ctrl or ⌘, in text. */
const editingKeys = /^([acvxyz]|Arrow.*|Home|End|Backspace|Delete)$/;

function kindOf(element: Focused): keyof typeof ownKeys | null {
  const { tagName, type, isContentEditable } = element;
  if (tagName === 'INPUT' && (type === 'radio' || type === 'range')) return 'slider';
  if (tagName === 'INPUT' && type === 'checkbox') return 'box';
  if (['INPUT', 'SELECT', 'TEXTAREA'].includes(tagName) || isContentEditable) return 'text';
  return element.closest('button, a[href], summary') === null ? null : 'button';
}

/** Whether a key press belongs to the element with the focus: text that is typed, what moves a slider, what presses a button. */
export function belongsToElement({ key, ctrlKey, metaKey }: Press, element: Focused): boolean {
  const kind = kindOf(element);
  if (ctrlKey || metaKey) return kind === 'text' && editingKeys.test(key);
  return kind !== null && ownKeys[kind].test(key);
}

/** Whether something lies over the page and has the keyboard to itself. */
const isCovered = (): boolean => document.querySelector('dialog[open], [role="dialog"], [role="menu"]') !== null;

/**
 * Does what a key press asks for, if it is one of these actions. A page passes its own actions and hears keys only while it is
 * on the screen; what lies over it takes them all.
 */
export function press<Target>(event: KeyboardEvent, actions: ActionTable<Target>, target: Target): void {
  if (event.defaultPrevented || isCovered()) return;
  if (event.target !== null && 'closest' in event.target && belongsToElement(event, event.target as HTMLElement)) return;
  const action = actionFor(event, actions);
  if (action === undefined || action.byEvent === true || !isEnabled(action, target)) return;
  event.preventDefault();
  if (action.release === undefined || !event.repeat) action.run(target, event.shiftKey);
}

/** Ends what lasts as long as a key is held: this one, or all where the window has lost the keyboard. */
export function release<Target>(event: KeyboardEvent | null, actions: ActionTable<Target>, target: Target): void {
  const released = event === null ? Object.values(actions) : [actionFor(event, actions)];
  for (const action of released) action?.release?.(target);
}

const onMac = typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac');
const symbols: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Enter: '↵' };
/** Keys whose names are words. */
const named = {
  ' ': 'key.space',
  PageUp: 'key.page-up',
  PageDown: 'key.page-down',
  Escape: 'key.escape',
  Delete: 'key.delete',
} as const;

function faceOf(key: string): string {
  if (Object.hasOwn(named, key)) return say(named[key as keyof typeof named]);
  return symbols[key] ?? key.toUpperCase();
}

/** How the keys of an action are written on the keyboard, such as “Ctrl+O”. */
export const keyFaces = ({ keys = [] }: Pick<Action<never>, 'keys'>, mac = onMac): string[] =>
  keys.map(chordOf).map(({ key, mod, shift }) => {
    if (mac) return `${shift ? '⇧' : ''}${mod ? '⌘' : ''}${faceOf(key)}`;
    return [...(mod ? [say('key.control')] : []), ...(shift ? [say('key.shift')] : []), faceOf(key)].join('+');
  });

/** For `aria-keyshortcuts`. */
export const ariaKeys = ({ keys = [] }: Pick<Action<never>, 'keys'>, mac = onMac): string =>
  keys.map((each) => each.replace('Mod+', mac ? 'Meta+' : 'Control+').replace(' ', 'Space')).join(' ');
