import { join } from 'node:path';
import type { Launcher } from '../app/engine-process.ts';
import { nodeLauncher } from '../app/node-launcher.ts';
import type { Settings } from '../shared/settings.ts';
import { engineNode, type Surroundings } from './engine-node.ts';
import { utilityLauncher } from './utility-launcher.ts';

/** How the engine process is started here. */
export function engineLauncher(setting: Settings['engineProcess'], programs: string, surroundings: Surroundings): Launcher {
  // A plain Node cannot look into app.asar: what the engine consists of lies beside it.
  const host = join(programs.replace(/app\.asar(?=$|[\\/])/, 'app.asar.unpacked'), 'engine-host.js');
  const node = engineNode(setting, surroundings);
  return node === null ? utilityLauncher(host) : nodeLauncher(host, { execPath: node });
}
