import { createEngine } from '../engine/engine.ts';
import { serve } from '../shared/protocol/connect.ts';
import { engineProtocol } from '../shared/protocol/engine.ts';
import { EventFan } from '../shared/protocol/event-fan.ts';
import { parentChannel } from './parent-channel.ts';

/*
 * The engine behind a message port. A bug that nobody catches ends the process with its stack on standard error and a status
 * that is not zero (Node's own way); the supervisor reports it and starts a fresh process.
 */

// Ctrl-C in a terminal reaches every process of the group: the front door decides what it means.
process.on('SIGINT', () => undefined);

const events = new EventFan(engineProtocol.events);
const engine = createEngine(events.tell, {
  importModels: async (...wanted) => (await import('../import/import-models.ts')).importModels(...wanted),
  quantiseModel: async (...wanted) => (await import('../import/quantise-model.ts')).quantiseModel(...wanted),
  removeModel: async (...wanted) => (await import('../import/remove-model.ts')).removeModel(...wanted),
});
const { tell } = serve(engineProtocol, engine, parentChannel(), (message) => {
  throw new Error(`no call: ${JSON.stringify(message)}`);
});
events.listen(tell);
