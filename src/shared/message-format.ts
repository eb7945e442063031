/** What a message is filled in with. */
export type MessageValues = Readonly<Record<string, string | number>>;

type Message = readonly Part[];
type Part = string | Argument | typeof count;

interface Argument {
  readonly name: string;
  readonly kind: 'plain' | 'number' | 'plural' | 'select';
  /** Digits after the decimal point; null as the number has them, three at most. */
  readonly digits: number | null;
  /** The branches of a plural or a select. */
  readonly branches: Readonly<Record<string, Message>>;
}

/** `#` in a plural. */
const count = Symbol('count');

const messages = new Map<string, Message>();
const numberFormats = new Map<string, Intl.NumberFormat>();
const pluralRules = new Map<string, Intl.PluralRules>();

/**
 * Fills in a message in ICU MessageFormat, as far as it is used here: `{name}`, `{n, number}` and `{n, number, ::.0}` (as many digits
 * after the point as zeros), `{n, plural, =0 {…} one {…} other {# …}}`, `{kind, select, a {…} other {…}}`, quoting as `'{'` and `''`.
 * What no value is given for stays as it is written.
 */
export function formatMessage(text: string, values: MessageValues, locale: string): string {
  let message = messages.get(text);
  if (message === undefined) {
    message = new Reader(text).message(false);
    messages.set(text, message);
  }
  return filled(message, values, locale, null);
}

function filled(message: Message, values: MessageValues, locale: string, counted: number | null): string {
  return message
    .map((part) => (typeof part === 'object' ? argument(part, values, locale, counted) : literal(part, locale, counted)))
    .join('');
}

const literal = (part: string | typeof count, locale: string, counted: number | null): string =>
  part === count ? inNumbers(counted ?? 0, null, locale) : part;

function argument({ name, kind, digits, branches }: Argument, values: MessageValues, locale: string, counted: number | null): string {
  const value = values[name];
  if (value === undefined) return `{${name}}`;
  switch (kind) {
    case 'plain':
      return String(value);
    case 'number':
      return inNumbers(Number(value), digits, locale);
    case 'plural': {
      const branch = branches[`=${value}`] ?? branches[kept(pluralRules, locale, () => new Intl.PluralRules(locale)).select(Number(value))];
      return filled(branch ?? branches.other ?? [], values, locale, Number(value));
    }
    case 'select':
      return filled(branches[value] ?? branches.other ?? [], values, locale, counted);
  }
}

function inNumbers(value: number, digits: number | null, locale: string): string {
  const options = digits === null ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return kept(numberFormats, `${locale} ${digits}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

/** Intl's formats take long to make. */
function kept<Format>(formats: Map<string, Format>, key: string, make: () => Format): Format {
  let format = formats.get(key);
  if (format === undefined) {
    format = make();
    formats.set(key, format);
  }
  return format;
}

/** Reads a message from its text, front to back. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to the brace that closes it, or the end of the text. */
  message(isPlural: boolean): Message {
    const parts: Part[] = [];
    for (;;) {
      const plain = this.#plain(isPlural);
      if (plain !== '') parts.push(plain);
      const next = this.#text[this.#at];
      if (next === undefined || next === '}') return parts;
      this.#at += 1;
      parts.push(next === '#' ? count : this.#argument());
    }
  }

  /** Text up to what is not plain. An apostrophe quotes what follows it where that would mean something; two are one. */
  #plain(isPlural: boolean): string {
    const [raw = ''] = this.#take(isPlural ? /(?:''|'[{}#][^']*'?|[^{}#])*/y : /(?:''|'[{}][^']*'?|[^{}])*/y);
    return raw.replaceAll(/''|'([{}#][^']*)'?/g, (_, quoted?: string) => quoted ?? "'");
  }

  #argument(): Argument {
    const [, name = '', kind = 'plain', style] = this.#take(/\s*(\w+)\s*(?:,\s*(number|plural|select)\s*(?:,\s*(::\.0+)?\s*)?)?/y);
    const branches: Record<string, Message> = {};
    if (kind === 'plural' || kind === 'select') {
      for (let [, branch] = this.#take(/\s*([=\w]+)\s*\{/y); branch !== undefined; [, branch] = this.#take(/\s*([=\w]+)\s*\{/y)) {
        branches[branch] = this.message(kind === 'plural');
        this.#close();
      }
    }
    this.#close();
    return { name, kind: kind as Argument['kind'], digits: style === undefined ? null : style.length - '::.'.length, branches };
  }

  #close(): void {
    if (this.#take(/\s*\}/y).length === 0) throw new Error(`A brace is not closed, or something is not understood: ${this.#text}`);
  }

  /** What the sticky pattern finds here and its groups; nothing where it does not fit. */
  #take(pattern: RegExp): readonly (string | undefined)[] {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? [];
    this.#at += found[0]?.length ?? 0;
    return found;
  }
}
