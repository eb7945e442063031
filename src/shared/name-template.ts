/** What `{…}` in the name template may say. */
export const nameTokens = ['name', 'scale', 'model', 'date', 'width', 'height'] as const;

export type NameToken = (typeof nameTokens)[number];

/** A template written with Windows' separators means the same. */
export const withSlashes = (template: string): string => template.replaceAll('\\', '/');

/** Tokens of a template that mean nothing. */
export const unknownTokens = (template: string): string[] =>
  [...template.matchAll(/\{([^{}]*)\}/g)]
    .map(([, token = '']) => token)
    .filter((token) => !(nameTokens as readonly string[]).includes(token));

/** Why a template makes no name that could be used as it stands; null where it does. */
export function nameFault(template: string): { readonly kind: 'empty' | 'token' | 'dots' | 'characters'; readonly what: string } | null {
  const [token] = unknownTokens(template);
  if (token !== undefined) return { kind: 'token', what: token };
  const parts = withSlashes(template).split('/');
  if (template.trim() === '' || (parts.at(-1) ?? '').trim() === '') return { kind: 'empty', what: '' };
  const dotted = parts.find((part) => safeComponent(part) !== part && /^[. ]|[. ]$/.test(part));
  if (dotted !== undefined) return { kind: 'dots', what: dotted };
  // eslint-disable-next-line no-control-regex -- control characters are what is to be found
  const [character] = /[\u0000-\u001f\u007f<>:"|?*]/.exec(template) ?? [];
  return character === undefined ? null : { kind: 'characters', what: character };
}

/** Puts the values into the template. */
export function expandName(template: string, values: Readonly<Record<NameToken, string>>): string {
  return template.replaceAll(/\{([a-z]+)\}/g, (whole, token: string) =>
    Object.hasOwn(values, token) ? values[token as NameToken] : whole,
  );
}

const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;
// eslint-disable-next-line no-control-regex -- control characters are what is to be found
const forbidden = /[\u0000-\u001f\u007f<>:"|?*\\/]/g;

/**
 * One path component that every operating system takes: what Windows refuses in names becomes "_", dots and spaces at either end
 * go (no "..", nothing hidden), names of devices get a "_" in front. Other letters stay, in Unicode's composed form.
 */
export function safeComponent(text: string): string {
  const plain = text
    .normalize('NFC')
    .replace(forbidden, '_')
    .replace(/^[. ]+/, '')
    .replace(/[. ]+$/, '');
  return plain === '' ? '_' : plain.replace(reserved, '_$1');
}

const shapes: Readonly<Record<Exclude<NameToken, 'name'>, string>> = {
  scale: '\\d+(?:\\.\\d+)?',
  model: '[A-Za-z0-9._-]+',
  date: '\\d{4}-\\d{2}-\\d{2}',
  width: '\\d+',
  height: '\\d+',
};

/** What a part of a photo, or a number against collisions, adds to a name. */
const additions = '(?:_part-\\d+-\\d+-\\d+x\\d+)?(?:-\\d+)?';

/**
 * Recognises the names that a template gives: matches a path without extension, with `/` between folders, and captures what
 * stood for `{name}` as `name`. Null for a template without `{name}`, whose results do not tell where they come from.
 */
export function namePattern(template: string): RegExp | null {
  if (!template.includes('{name}')) return null;
  let captured = false;
  const pattern = withSlashes(template)
    .split(/(\{scale\}x|\{[a-z]+\})/)
    .map((part) => {
      // The size stands there where the factor is no whole number; earlier versions wrote that with a point.
      if (part === '{scale}x') return `(?:${shapes.width}x${shapes.height}|${shapes.scale}x)`;
      const token = /^\{([a-z]+)\}$/.exec(part)?.[1];
      if (token === 'name') {
        const again = captured;
        captured = true;
        return again ? '\\k<name>' : '(?<name>[^/]+)';
      }
      return token !== undefined && Object.hasOwn(shapes, token) ? shapes[token as keyof typeof shapes] : escapeText(part);
    })
    .join('');
  return new RegExp(`(?:^|/)${pattern}${additions}$`, 'u');
}

const escapeText = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
