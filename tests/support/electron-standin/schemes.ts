import type { Privileges } from 'electron';

/**
 * Chromium navigates to no scheme that it does not know: `app://host/path` is navigated as `https://host.app.standin/path`, and
 * translated wherever the main process looks.
 */
export const privileged = new Map<string, Privileges>();

export function toReal(address: string): string {
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(address) ?? [];
  if (!privileged.has(scheme.toLowerCase())) return address;
  return `https://${host === '' ? '-' : host}.${scheme.toLowerCase()}.standin${rest === '' ? '/' : rest}`;
}

export const fromReal = (address: string): string =>
  address.replace(
    /^https:\/\/([^/?#]*)\.([a-z][a-z0-9+-]*)\.standin(?=[/?#]|$)/i,
    (_, host: string, scheme: string) => `${scheme}://${host === '-' ? '' : host}`,
  );
