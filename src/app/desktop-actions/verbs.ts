import type { Language } from '../../shared/language.ts';

export type Label = Readonly<Record<Language, string>>;

/** One entry in a file manager's menu. */
export interface Verb {
  readonly id: string;
  /** What the application is told before the files (src/main/arrivals.ts). */
  readonly words: readonly string[];
  /** Standing by itself. */
  readonly label: Label;
  /** Below {@link menuLabel}. */
  readonly short: Label;
}

/** The menu that holds the verbs, where a file manager has menus in menus. */
export const menuLabel: Label = { en: 'Enhance with Onestep', de: 'Mit Onestep verbessern', zh: '用 Onestep 增强' };

const scaled = (scale: 2 | 4): Verb => {
  const text = `×${scale}`;
  return {
    id: `enhance-x${scale}`,
    words: ['--enhance', `--scale=${scale}`],
    label: { en: `${menuLabel.en} ${text}`, de: `${menuLabel.de} ${text}`, zh: `${menuLabel.zh} ${text}` },
    short: { en: text, de: text, zh: text },
  };
};

/** What a file manager offers for photos and folders, in its order. */
export const verbs: readonly Verb[] = [
  { id: 'enhance', words: ['--enhance'], label: menuLabel, short: { en: 'Enhance', de: 'Verbessern', zh: '增强' } },
  scaled(2),
  scaled(4),
  {
    id: 'choose',
    words: [],
    label: { en: `${menuLabel.en}…`, de: `${menuLabel.de} …`, zh: `${menuLabel.zh}…` },
    short: { en: 'Enhance…', de: 'Verbessern …', zh: '增强…' },
  },
];
