import { fork, type ChildProcess } from 'node:child_process';
import type { EngineChild, Launcher } from './engine-process.ts';

/** Enough of what a dying process says to tell why. */
const lastWordsCharacters = 4000;
const lastWordsMilliseconds = 200;

/**
 * Starts the engine host as a plain Node child: the way everywhere but in Electron's own processes.
 * Its standard output goes nowhere (ours may be a machine-readable stream), its standard error is kept for {@link EngineChild.lastWords}.
 */
export function nodeLauncher(hostFile: string, { execPath = process.execPath, env = process.env }: NodeLauncherOptions = {}): Launcher {
  return () =>
    wrap(fork(hostFile, [], { execPath, env, execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }));
}

/** The same launcher, with its first process started at once: it loads while whoever will use it is still being loaded. */
export function startedAhead(launch: Launcher): Launcher {
  let first: EngineChild | null = launch();
  return () => {
    const child = first ?? launch();
    first = null;
    return child;
  };
}

interface NodeLauncherOptions {
  readonly execPath?: string;
  readonly env?: NodeJS.ProcessEnv;
}

function wrap(child: ChildProcess): EngineChild {
  let words = '';
  let unwanted = false;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-lastWordsCharacters);
  });
  // Listened for from the beginning: a child may have ended before anybody asks.
  const ended = new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      // Ended by us: there is nothing to explain. Otherwise the last of its standard error may still be on the way. (`close` would wait for it, but does not come after a disconnect.)
      if (unwanted) {
        resolve(how);
        return;
      }
      setTimeout(resolve, lastWordsMilliseconds, how);
      child.stderr?.once('close', () => resolve(how));
    });
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(`it could not be started: ${error.message}`);
    });
  });
  return {
    processId: child.pid ?? null,
    channel: {
      post: (message) => {
        // A message to a process that has gone is no failure of its own: the exit is reported apart.
        if (child.connected) child.send(message as object, () => undefined);
      },
      on: (receive) => {
        child.on('message', receive);
      },
    },
    onExit: (tell) => void ended.then(tell),
    lastWords: () => words.trim(),
    leave: () => {
      unwanted = true;
      if (child.connected) child.disconnect();
    },
    kill: () => {
      unwanted = true;
      child.kill('SIGKILL');
    },
  };
}
