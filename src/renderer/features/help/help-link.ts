import { helpPages, type HelpPage } from '../../../shared/contract.ts';

/** Where a link of a help page leads: to another one, or out of the application, whose address can be copied. */
export type HelpLink = { readonly kind: 'page'; readonly page: HelpPage } | { readonly kind: 'outside'; readonly address: string };

/** Null for a place on the same page. */
export function helpLink(target: string): HelpLink | null {
  const [, name] = /^([\w-]+)\.html(?:#.*)?$/.exec(target) ?? [];
  const page = helpPages.find((known) => known === name);
  if (page !== undefined) return { kind: 'page', page };
  return target.startsWith('https:') ? { kind: 'outside', address: target } : null;
}
