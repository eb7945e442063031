import { posix } from 'node:path';
import type { Launch } from '../app/desktop-actions/launch.ts';

/** As electron-builder.yml says it. Windows shows notifications of what has a shortcut of this name; macOS starts what is called so. */
export const applicationId = 'app.onestep';

interface Running {
  readonly platform: NodeJS.Platform;
  readonly execPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly packaged: boolean;
  /** Where package.json lies. */
  readonly appPath: string;
}

/** The program that starts this application again: an AppImage or a portable program, where it runs from one, and not its unpacked copy. */
export function ownProgram({ platform, execPath, env }: Pick<Running, 'platform' | 'execPath' | 'env'>): string {
  if (platform === 'win32') return env.PORTABLE_EXECUTABLE_FILE ?? execPath;
  const { APPIMAGE: image, APPDIR: mounted } = env;
  // Both are inherited by whatever an AppImage starts.
  const isImage = image !== undefined && mounted !== undefined && execPath.startsWith(mounted + posix.sep);
  return isImage ? image : execPath;
}

/**
 * How another program starts this application. On macOS the system does it: what asks a person for access to a folder is then
 * Onestep and not the program that started it; `-n`, because one that runs already would not hear the arguments otherwise.
 */
export function launchOf(running: Running): Launch {
  const { platform, execPath, packaged, appPath } = running;
  const application = packaged ? [] : [appPath];
  if (platform !== 'darwin') return { program: ownProgram(running), words: application };
  const named = packaged ? ['-b', applicationId] : ['-a', execPath.replace(/\/Contents\/MacOS\/[^/]+$/, '')];
  return { program: '/usr/bin/open', words: ['-n', ...named, '--args', ...application] };
}
