import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Launcher } from '../app/engine-process.ts';
import { nodeLauncher } from '../app/node-launcher.ts';
import type { Settings } from '../shared/settings.ts';
import { utilityLauncher } from './utility-launcher.ts';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly packaged: boolean;
  readonly resourcesPath: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * How the engine process is started. Electron's own processes are sound for native code on Windows; on Linux sharp clashes with
 * the GLib in them, on Linux and macOS their allocator ends the process on 2 GiB at once, so there a plain Node does it.
 * @returns the Node to start it with; null for one of Electron's own processes, also where no Node can be found
 */
export function engineNode(setting: Settings['engineProcess'], { platform, packaged, resourcesPath, env }: Surroundings): string | null {
  const kind = setting === 'auto' ? (platform === 'win32' ? 'utility' : 'node') : setting;
  if (kind === 'utility') return null;
  const shipped = join(resourcesPath, platform === 'win32' ? 'node.exe' : 'node');
  const node = packaged ? shipped : (env.ONESTEP_NODE ?? env.npm_node_execpath);
  return node !== undefined && existsSync(node) ? node : null;
}

export function engineLauncher(setting: Settings['engineProcess'], programs: string, surroundings: Surroundings): Launcher {
  // A plain Node cannot look into app.asar: what the engine consists of lies beside it.
  const host = join(programs.replace(/app\.asar(?=$|[\\/])/, 'app.asar.unpacked'), 'engine-host.js');
  const node = engineNode(setting, surroundings);
  return node === null ? utilityLauncher(host) : nodeLauncher(host, { execPath: node });
}
