/** Why the disk refuses, in a sentence for a person; `what` begins it, such as "The folder". */
export function diskWords(what: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `${what} is not there.`;
  if (code === 'EACCES' || code === 'EPERM') return `${what} cannot be read: the system does not allow it.`;
  if (code === 'ELOOP') return `${what} cannot be read: it is a link that leads to itself.`;
  return `${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
