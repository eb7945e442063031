/** What keys do while photos are compared: one table for the keyboard and for the page that explains it. */
export const shortcuts = [
  { action: 'fit', keys: ['0'] },
  { action: 'scale-1', keys: ['1'] },
  { action: 'scale-2', keys: ['2'] },
  { action: 'scale-8', keys: ['8'] },
  { action: 'zoom-in', keys: ['+', '='] },
  { action: 'zoom-out', keys: ['-', '_'] },
  { action: 'pan-left', keys: ['ArrowLeft'] },
  { action: 'pan-right', keys: ['ArrowRight'] },
  { action: 'pan-up', keys: ['ArrowUp'] },
  { action: 'pan-down', keys: ['ArrowDown'] },
  { action: 'mode', keys: ['m'] },
  { action: 'hold-before', keys: [' '] },
  { action: 'flip', keys: ['b'] },
  { action: 'previous', keys: ['[', 'PageUp'] },
  { action: 'next', keys: [']', 'PageDown'] },
  { action: 'loupe', keys: ['l'] },
  { action: 'enlarged', keys: ['n'] },
  { action: 'region', keys: ['r'] },
  { action: 'models', keys: ['g'] },
  { action: 'improvement', keys: ['e'] },
  { action: 'drift', keys: ['d'] },
  { action: 'help', keys: ['?'] },
  { action: 'back', keys: ['Escape'] },
] as const satisfies readonly { readonly action: string; readonly keys: readonly string[] }[];

export type Action = (typeof shortcuts)[number]['action'];

interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** What a key press asks for; null for everything that is not ours, such as the browser's own shortcuts. */
export function actionOf({ key, ctrlKey, metaKey, altKey }: Press): Action | null {
  if (ctrlKey || metaKey || altKey) return null;
  const wanted = key.length === 1 ? key.toLowerCase() : key;
  return shortcuts.find(({ keys }) => (keys as readonly string[]).includes(wanted))?.action ?? null;
}

const symbols: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };
/** Keys whose names have words, under `key.<name>`. */
const named = { ' ': 'space', PageUp: 'page-up', PageDown: 'page-down', Escape: 'escape' } as const;

/** How a key is written, or the name under which its words are. */
export function keyFace(key: string): { readonly symbol: string } | { readonly named: (typeof named)[keyof typeof named] } {
  if (Object.hasOwn(named, key)) return { named: named[key as keyof typeof named] };
  return { symbol: symbols[key] ?? key.toUpperCase() };
}
