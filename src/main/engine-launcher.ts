import { utilityProcess, type UtilityProcess } from 'electron';
import { join } from 'node:path';
import type { EngineChild, Launcher } from '../app/engine-process.ts';
import { nodeLauncher } from '../app/node-launcher.ts';
import type { Settings } from '../shared/settings.ts';
import { engineNode, type Surroundings } from './engine-node.ts';

/** How the engine process is started here. */
export function engineLauncher(setting: Settings['engineProcess'], programs: string, surroundings: Surroundings): Launcher {
  // A plain Node cannot look into app.asar: what the engine consists of lies beside it.
  const host = join(programs.replace(/app\.asar(?=$|[\\/])/, 'app.asar.unpacked'), 'engine-host.js');
  const node = engineNode(setting, surroundings);
  return node === null ? utilityLauncher(host) : nodeLauncher(host, { execPath: node });
}

/** Enough of what a dying process says to tell why. */
const lastWordsCharacters = 4000;

/** Starts the engine host as one of Electron's own processes: where those are sound for native code, which they are on Windows. */
function utilityLauncher(hostFile: string): Launcher {
  return () => wrap(utilityProcess.fork(hostFile, [], { serviceName: 'Onestep engine', stdio: ['ignore', 'ignore', 'pipe'] }));
}

function wrap(child: UtilityProcess): EngineChild {
  let words = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    words = (words + bytes.toString('utf8')).slice(-lastWordsCharacters);
  });
  return {
    get processId() {
      return child.pid ?? null;
    },
    channel: {
      post: (message) => child.postMessage(message),
      on: (receive) => {
        child.on('message', receive);
      },
    },
    onExit: (tell) => {
      child.once('exit', (code) => tell(`exit code ${code}`));
    },
    lastWords: () => words.trim(),
    // A utility process has no channel that could be closed: asking it to end is all there is.
    leave: () => {
      child.kill();
    },
    kill: () => endAtOnce(child),
  };
}

/** `UtilityProcess.kill` asks politely; a process inside a long computation does not hear it. */
function endAtOnce(child: UtilityProcess): void {
  try {
    if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
    else child.kill();
  } catch {
    // It has gone by itself.
  }
}
