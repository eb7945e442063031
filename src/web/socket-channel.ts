import type { WebSocket } from 'ws';
import type { Channel } from '../shared/protocol/connect.ts';

/** A page that does not read is disconnected before its unread events fill the memory. */
const unreadBytes = 64 * 1024 * 1024;

/** Codes of RFC 6455 §7.4.1. */
export const closing = { invalid: 1007, policy: 1008, tooMuch: 1009 } as const;

/** The contract over a WebSocket, as JSON. Anything else that arrives ends the connection. */
export function socketChannel(socket: WebSocket): Channel {
  return {
    post: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > unreadBytes) socket.terminate();
      else socket.send(JSON.stringify(message));
    },
    on: (receive) => {
      socket.on('message', (bytes: Buffer, isBinary) => {
        const message = isBinary ? null : parsed(bytes.toString('utf8'));
        if (message === null) socket.close(closing.invalid, 'not JSON');
        else receive(message.value);
      });
    },
  };
}

function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}
