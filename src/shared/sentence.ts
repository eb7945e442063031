import { IntlMessageFormat } from 'intl-messageformat';
import * as z from 'zod';
import en from './words/en.json' with { type: 'json' };

/** What can be said: the keys of the message files. */
export type WordKey = keyof typeof en;
/** A language's message file. */
export type Words = Readonly<Record<WordKey, string>>;

/** A sentence as data: said by each door in its own language. Lists are said as such. */
export interface Sentence {
  readonly code: WordKey;
  readonly values: SentenceValues;
}
export type SentenceValues = Readonly<Record<string, SentenceValue>>;
type SentenceValue = string | number | Sentence | readonly (string | Sentence)[];

export const sentence = (code: WordKey, values: SentenceValues = {}): Sentence => ({ code, values });
/** What somebody else has said, such as a driver, or an earlier version of this program: said as it is. */
export const told = (text: string): Sentence => sentence('told', { text });

const partSchema: z.ZodType<Sentence> = z.object({
  code: z.string().refine((code) => Object.hasOwn(en, code)) as unknown as z.ZodType<WordKey>,
  values: z.record(
    z.string(),
    z.lazy(() => z.union([z.string(), z.number(), partSchema, z.array(z.union([z.string(), partSchema]))])),
  ),
});
/** A sentence from a file. Earlier versions wrote plain English. */
export const sentenceSchema: z.ZodType<Sentence> = z.union([partSchema, z.string().transform(told)]);

/** Says things in one language. */
export interface Speaker {
  readonly locale: string;
  /** The words of a key with its placeholders filled. */
  readonly say: (key: WordKey, values?: SentenceValues) => string;
  readonly tell: (sentence: Sentence) => string;
}

/** Parsed messages: parsing takes long, and the same few are said again and again. */
const formats = new Map<string, IntlMessageFormat>();

/** A message in ICU MessageFormat, filled in. A value that is missing leaves it as it is written: what it tells of must be told. */
function filled(text: string, values: Readonly<Record<string, string | number>>, locale: string): string {
  const key = `${locale} ${text}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new IntlMessageFormat(text, locale);
    formats.set(key, format);
  }
  try {
    return String(format.format(values));
  } catch {
    return text;
  }
}

/**
 * @param locale how numbers are written: the language, or where it is spoken
 * @param door with words of its own in some places, under `<key>.<door>`: a terminal has flags where a window has controls
 */
export function speakerOf(words: Words, locale: string, door?: 'cli'): Speaker {
  const texts: Readonly<Record<string, string>> = words;
  const inWords = (value: SentenceValue): string | number => {
    if (typeof value === 'string' || typeof value === 'number') return value;
    return 'code' in value ? say(value.code, value.values) : value.map(inWords).join(words['list.comma']);
  };
  const say: Speaker['say'] = (key, values = {}) => {
    const text = (door === undefined ? undefined : texts[`${key}.${door}`]) ?? texts[key] ?? key;
    if (!text.includes('{') && !text.includes("''")) return text;
    return filled(text, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inWords(value)])), locale);
  };
  return { locale, say, tell: ({ code, values }) => say(code, values) };
}

/** The command line's language, that of its JSON, and of messages in logs. */
export const english = speakerOf(en, 'en', 'cli');

/** For `JSON.stringify`, where programs read it: sentences as English text, of a problem those only that are text already. */
export function inEnglish(key: string, value: unknown): unknown {
  if (key === 'said' || key === 'advised') return undefined;
  const found = partSchema.safeParse(value);
  return found.success ? english.tell(found.data) : value;
}
