import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { serveInterface, type Application } from '../app/application.ts';
import { BroughtFiles } from '../app/dropped-files.ts';
import { pageAnswers, plain, type PageAnswer } from '../app/page-answers.ts';
import type { Channel } from '../shared/protocol/connect.ts';
import { Gate } from './gate.ts';

/** Room for a call that names every photo of a very large library. */
const messageBytesLimit = 32 * 1024 * 1024;

export interface BrowserServer {
  /** What the person opens: carries the token. */
  readonly address: string;
  close(): Promise<void>;
}

interface ServerOptions {
  readonly application: Application;
  /** The built interface. */
  readonly interfaceFolder: string;
  /** Where dropped photos go that lie nowhere else. */
  readonly droppedFolder: string;
  /** Where dropped model files wait until they are imported. */
  readonly droppedModelsFolder: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Serves the interface, its pixels and the contract on 127.0.0.1, to whoever has the address. */
export async function openBrowserServer({ application, interfaceFolder, port, ...folders }: ServerOptions): Promise<BrowserServer> {
  const server = createServer();
  const actualPort = await listen(server, port);
  const gate = new Gate(actualPort);
  const page = pageAnswers(interfaceFolder, application);
  const brought = new BroughtFiles(folders);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesLimit });

  server.on('request', (request, response) => {
    const controller = new AbortController();
    response.once('close', () => controller.abort());
    void answerTo(request, controller.signal, { gate, page, brought })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) console.error(error);
        return plain(500, 'Something went wrong inside Onestep.');
      })
      .then((answer) => send(request, response, answer));
  });

  server.on('upgrade', (request, socket, head) => {
    if (!mayConnect(gate, request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      // What goes wrong on the wire (an oversized message among it) also closes the connection.
      client.on('error', () => undefined);
      const served = serveInterface(application, socketChannel(client), () => client.close(closing.invalid, 'not a call'));
      client.once('close', () => served.end());
    });
  });

  return {
    address: `http://127.0.0.1:${actualPort}/?token=${gate.token}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** @returns the port that was found */
async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

interface Door {
  readonly gate: Gate;
  readonly page: ReturnType<typeof pageAnswers>;
  readonly brought: BroughtFiles;
}

async function answerTo(request: IncomingMessage, signal: AbortSignal, { gate, page, brought }: Door): Promise<PageAnswer> {
  const { method = '', headers } = request;
  const address = request.url ?? '/';
  if (!gate.addressed(headers)) return plain(421, 'This door answers to 127.0.0.1 and localhost only.');
  const [path = '', query = ''] = address.split('?', 2);
  const given = new URLSearchParams(query);
  if (method === 'GET' && path === '/' && gate.hasToken(given.get('token'))) return entrance(gate);
  if (!gate.admitted(headers)) return plain(401, 'Open the address that was printed when Onestep started.');
  const receive = brought.receiverOf(method, address);
  if (receive === null) return page({ method, address, signal });
  if (!gate.fromOwnPage(headers)) return plain(403, 'Only the interface itself may bring files.');
  const { status, text } = await receive(request);
  return plain(status, text);
}

const mayConnect = (gate: Gate, { url, headers }: IncomingMessage): boolean =>
  url === '/contract' && gate.addressed(headers) && gate.fromOwnPage(headers) && gate.admitted(headers);

/** The token leaves the address bar and the history at once: it becomes a cookie, and the page is asked for again. */
function entrance(gate: Gate): PageAnswer {
  const { headers, body } = plain(303, 'Welcome.');
  return { status: 303, headers: { ...headers, location: '/', 'set-cookie': gate.admission() }, body };
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: PageAnswer): void {
  if (response.destroyed) return;
  // An upload that was refused is not read to its end.
  if (!request.complete && request.method === 'PUT') response.setHeader('connection', 'close');
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** A page that does not read is disconnected before its unread events fill the memory. */
const unreadBytes = 64 * 1024 * 1024;

/** Codes of RFC 6455 §7.4.1. */
const closing = { invalid: 1007, policy: 1008, tooMuch: 1009 } as const;

/** The contract over a WebSocket, as JSON. Anything else that arrives ends the connection. */
function socketChannel(socket: WebSocket): Channel {
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
