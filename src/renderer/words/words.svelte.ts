import { languageOf, wordsOf, type Language } from '../../shared/language.ts';
import { speakerOf, type Sentence, type SentenceValues, type Speaker, type WordKey } from '../../shared/sentence.ts';
import type { Settings } from '../../shared/settings.ts';

export type { WordKey } from '../../shared/sentence.ts';

let language = $state.raw<Language>('en');
let locale = $state.raw('en');
let speaker = $state.raw<Speaker>(speakerOf(wordsOf('en'), 'en'));

/** Chooses the language of everything that is shown. `system` takes the system's where there is it, or English. */
export function setLanguage(choice: Settings['language'], systemLanguage: string): void {
  const close = languageOf('system', [systemLanguage]);
  language = choice === 'system' ? close : choice;
  // Numbers and dates as where the person lives, as far as that speaks the same language.
  locale = close === language ? systemLanguage : language;
  speaker = speakerOf(wordsOf(language), locale);
}

/** For `Intl` and `lang`. Tracked. */
export const currentLocale = (): string => locale;
export const currentSpeaker = (): Speaker => speaker;
export const currentLanguage = (): Language => language;

/** The words of a key in the current language, with its placeholders filled. Tracked: what is shown follows the language. */
export const say = (key: WordKey, values?: SentenceValues): string => speaker.say(key, values);
/** A sentence in the current language. Tracked. */
export const tell = (sentence: Sentence): string => speaker.tell(sentence);
