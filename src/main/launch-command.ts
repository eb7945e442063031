import { sep } from 'node:path';

/** The program that starts this application again: an AppImage's own file, where it runs from one, and not what is mounted of it. */
export function ownProgram({ execPath, env }: Pick<NodeJS.Process, 'execPath' | 'env'>): string {
  const { APPIMAGE: image, APPDIR: mounted } = env;
  // Both are inherited by whatever an AppImage starts.
  const isImage = image !== undefined && mounted !== undefined && execPath.startsWith(mounted + sep);
  return isImage ? image : execPath;
}
