import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { MessagePortMain, type PortLink, type PortMessage } from './ports.ts';
import { factsVariable, type FromUtility, type ToUtility, type UtilityFacts } from './utility-messages.ts';

/** Runs in the Node child: makes it look like one of Electron's utility processes, then loads the program. */
const send = process.send?.bind(process) as (message: FromUtility) => void;
const ports = new Map<number, MessagePortMain>();

const link: PortLink = {
  post: (id, content, given) => send({ kind: 'post', id, content, ports: given }),
  give: (port) => {
    ports.delete(port._id);
    port._release();
    return port._id;
  },
  close: (id) => {
    ports.delete(id);
    send({ kind: 'close', id });
  },
};

const take = (id: number): MessagePortMain => {
  const port = new MessagePortMain(id, link);
  ports.set(id, port);
  return port;
};

/** Keeps what arrives until somebody listens. */
class ParentPort extends EventEmitter {
  #early: PortMessage[] | null = [];

  constructor() {
    super();
    this.on('newListener', (name: string) => {
      if (name === 'message' && this.#early !== null) {
        queueMicrotask(() => this.#flush());
      }
    });
  }

  postMessage(message: unknown): void {
    send({ kind: 'message', content: structuredClone(message) });
  }

  start(): void {
    this.#flush();
  }

  _deliver(message: PortMessage): void {
    if (this.#early === null) this.emit('message', message);
    else this.#early.push(message);
  }

  #flush(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.emit('message', message);
  }
}

const parentPort = new ParentPort();
process.on('message', (message: ToUtility) => {
  if (message.kind === 'message') parentPort._deliver({ data: message.content, ports: message.ports.map(take) });
  else if (message.kind === 'port') ports.get(message.id)?._deliver(message.content, message.ports.map(take));
  else ports.get(message.id)?._closedByFarEnd();
});
process.once('disconnect', () => process.exit(0));

// The system's GLib is this process's own; what it starts does not inherit it.
delete process.env.LD_PRELOAD;
const facts = JSON.parse(process.env[factsVariable] ?? '{}') as UtilityFacts;
Reflect.deleteProperty(process.env, factsVariable);

// Node itself goes on needing the channel.
for (const name of ['send', 'disconnect']) Object.defineProperty(process, name, { value: undefined, configurable: true });
Object.defineProperty(process, 'type', { value: 'utility' });
Object.defineProperty(process, 'parentPort', { value: parentPort });
Object.defineProperty(process, 'versions', { value: Object.freeze({ ...process.versions, electron: facts.version }) });
process.execPath = facts.executable;
process.argv = [facts.executable, facts.entry, ...facts.words];

import(pathToFileURL(facts.entry).href).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
