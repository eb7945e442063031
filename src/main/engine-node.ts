import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../shared/settings.ts';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly packaged: boolean;
  readonly resourcesPath: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Which Node the engine process is started with. Electron's own processes are sound for native code on Windows; on Linux sharp
 * clashes with the GLib in them, on Linux and macOS their allocator ends the process on 2 GiB at once, so there a plain Node does it.
 * @returns null for one of Electron's own processes, also where no Node can be found
 */
export function engineNode(setting: Settings['engineProcess'], { platform, packaged, resourcesPath, env }: Surroundings): string | null {
  const kind = setting === 'auto' ? (platform === 'win32' ? 'utility' : 'node') : setting;
  if (kind === 'utility') return null;
  const shipped = join(resourcesPath, platform === 'win32' ? 'node.exe' : 'node');
  const node = packaged ? shipped : (env.ONESTEP_NODE ?? env.npm_node_execpath);
  return node !== undefined && existsSync(node) ? node : null;
}
