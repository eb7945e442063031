/** The last part of a path; the path itself where there is none, such as a drive. */
export const folderName = (path: string): string => /[^\\/]+(?=[\\/]*$)/.exec(path)?.[0] ?? path;
