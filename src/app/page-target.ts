import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { allowedPages, type HelpPage, type Page } from '../shared/contract.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';

/** @param address of {@link allowedPages} @returns whether it is on the web, and not a file of ours */
export const isOnTheWeb = (address: string): boolean => address.startsWith('https:');

/**
 * What a browser is to open: an address, or the path of a help page, which lies in the package, or in a clone with the programs.
 * @throws Problem not-found
 */
export function pageTarget(page: Page, packageFolder: string): string {
  const address = allowedPages[page];
  return isOnTheWeb(address) ? address : packaged(address, packageFolder);
}

/** The file of a help page. @throws Problem not-found */
export const helpFile = (page: HelpPage, packageFolder: string): string => packaged(`help/${page}.html`, packageFolder);

function packaged(address: string, packageFolder: string): string {
  const file = [packageFolder, join(packageFolder, 'out')].map((folder) => join(folder, address)).find((path) => existsSync(path));
  if (file === undefined) throw new Problem('not-found', sentence('help.missing'), { detail: address });
  return file;
}
