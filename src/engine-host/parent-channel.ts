import type { Channel } from '../shared/protocol/connect.ts';

/** Electron's utility processes talk through this instead of `process.send`. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', receive: (event: { data: unknown }) => void): void;
}

/**
 * The pipe to whoever started this process: Electron's `parentPort`, or the IPC channel of a Node child. The process ends
 * when a Node parent goes away; Electron ends its utility processes itself.
 */
export function parentChannel(): Channel {
  const { parentPort } = process as { parentPort?: ParentPort };
  if (parentPort !== undefined) {
    return {
      post: (message) => parentPort.postMessage(message),
      on: (receive) => {
        parentPort.on('message', ({ data }) => receive(data));
      },
    };
  }
  if (process.send === undefined) throw new Error('The engine host is started by another program, not by hand.');
  process.on('disconnect', () => process.exit(0));
  return {
    post: (message) => process.send?.(message, undefined, undefined, () => undefined),
    on: (receive) => {
      process.on('message', receive);
    },
  };
}
