/** The last part of a path; the path itself where there is none, such as a drive. */
export const folderName = (path: string): string => /[^\\/]+(?=[\\/]*$)/.exec(path)?.[0] ?? path;

/** The last parts of a path, with slashes between them. */
export const lastParts = (path: string, count: number): string => path.split(/[\\/]/).slice(-count).join('/');

/** A path cut into the folders that lead there, each with its own path: the outermost first. */
export function crumbsOf(path: string): { readonly name: string; readonly path: string }[] {
  const separator = /^[A-Za-z]:|^\\\\/.test(path) ? '\\' : '/';
  const [root = ''] = /^(?:[A-Za-z]:[\\/]?|\\\\[^\\]+\\[^\\]+\\?|\/)/.exec(path) ?? [];
  const crumbs = root === '' ? [] : [{ name: root, path: root }];
  let at = root;
  for (const name of path
    .slice(root.length)
    .split(separator)
    .filter((part) => part !== '')) {
    at = at === '' || at.endsWith(separator) ? `${at}${name}` : `${at}${separator}${name}`;
    crumbs.push({ name, path: at });
  }
  return crumbs;
}
