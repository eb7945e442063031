import type { Language } from '../../../shared/language.ts';
import type { RegistryKey } from './registry.ts';

const header = 'Windows Registry Editor Version 5.00';
const root = 'HKEY_CURRENT_USER';

/** Values by the keys' paths below `HKEY_CURRENT_USER`, in lower case as the registry compares them. */
export type RegistryContent = ReadonlyMap<string, ReadonlyMap<string, string>>;

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const unquoted = (text: string): string => text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
const nameOf = (name: string): string => (name === '' ? '@' : quoted(name));

const fileOf = (sections: readonly string[]): Buffer => Buffer.from(`\ufeff${[header, ...sections].join('\r\n\r\n')}\r\n`, 'utf16le');

/** What `reg import` writes into the registry, in place of all that was in `cleared`. */
export function regFile(keys: readonly RegistryKey[], cleared: readonly string[], language: Language): Buffer {
  const written = keys.map(({ path, values }) => {
    const lines = Object.entries(values).map(
      ([name, value]) => `${nameOf(name)}=${quoted(typeof value === 'string' ? value : value[language])}`,
    );
    return [`[${root}\\${path}]`, ...lines].join('\r\n');
  });
  return fileOf([...cleared.map((path) => `[-${root}\\${path}]`), ...written]);
}

/** What `reg export` has read, as far as it is strings. */
export function parseRegFile(bytes: Buffer): RegistryContent {
  const content = new Map<string, Map<string, string>>();
  let values: Map<string, string> | null = null;
  for (const line of bytes.toString('utf16le').split(/\r?\n/)) {
    const [, path] = /^\[HKEY_CURRENT_USER\\(.*)\]$/.exec(line) ?? [];
    const [, name, value] = /^(@|"(?:[^"\\]|\\.)*")=("(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
    if (path !== undefined) {
      values = new Map();
      content.set(path.toLowerCase(), values);
    } else if (name !== undefined && value !== undefined) {
      values?.set(name === '@' ? '' : unquoted(name).toLowerCase(), unquoted(value));
    }
  }
  return content;
}
