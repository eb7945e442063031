/** The last part of a path; the path itself where there is none, such as a drive. */
export const folderName = (path: string): string => /[^\\/]+(?=[\\/]*$)/.exec(path)?.[0] ?? path;

/** The last parts of a path, with slashes between them. */
export const lastParts = (path: string, count: number): string => path.split(/[\\/]/).slice(-count).join('/');
