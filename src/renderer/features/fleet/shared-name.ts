/** A name that every computer can have for a shared folder, after what it is called here. */
export const sharedName = (folder: string): string =>
  folder
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 32)
    .replace(/-+$/, '') || 'photos';
