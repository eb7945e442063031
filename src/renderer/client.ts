import { contract, type AppCalls, type AppEvents } from '../shared/contract.ts';
import type { DesktopBridge } from '../shared/desktop-bridge.ts';
import { callsBy } from '../shared/protocol/call.ts';
import { connect, type Channel, type Connected } from '../shared/protocol/connect.ts';

declare global {
  interface Window {
    readonly onestep?: DesktopBridge;
  }
}

/** A call that was made, or was pending, while the application was not connected. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

interface ClientOptions {
  readonly events: Partial<AppEvents>;
  /** Each time the application becomes reachable. */
  readonly onConnected: () => void;
  readonly onGone: () => void;
}

const firstPauseMs = 250;
const longestPauseMs = 4000;

/**
 * The application's calls, through the desktop's bridge or a WebSocket on the page's own origin. A WebSocket that closes is opened
 * again for as long as the page lives; until then calls reject with {@link Disconnected}.
 */
export function openClient(options: ClientOptions): AppCalls {
  const bridge = window.onestep;
  if (bridge !== undefined) {
    const { calls } = connect(contract, options.events, bridge.channel);
    queueMicrotask(options.onConnected);
    return calls;
  }
  return reconnecting(() => new WebSocket(new URL('/contract', location.href.replace(/^http/, 'ws'))), options);
}

function reconnecting(open: () => WebSocket, { events, onConnected, onGone }: ClientOptions): AppCalls {
  let current: Connected<typeof contract> | null = null;
  let pauseMs = firstPauseMs;
  const begin = (): void => {
    const socket = open();
    const connection = connect(contract, events, socketChannel(socket));
    socket.addEventListener('open', () => {
      current = connection;
      pauseMs = firstPauseMs;
      onConnected();
    });
    socket.addEventListener('close', () => {
      current = null;
      connection.end(new Disconnected('The connection was closed.'));
      onGone();
      setTimeout(begin, pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    });
  };
  begin();
  return callsBy(contract.calls, async (name, given) => {
    if (current === null) throw new Disconnected('There is no connection.');
    return current.call(name, given);
  });
}

function socketChannel(socket: WebSocket): Channel {
  return {
    post: (message) => socket.send(JSON.stringify(message)),
    on: (receive) => {
      socket.addEventListener('message', (event: MessageEvent<unknown>) => {
        if (typeof event.data === 'string') receive(JSON.parse(event.data));
      });
    },
  };
}
