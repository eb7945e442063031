import { createEngine } from '../engine/engine.ts';
import type { EngineCalls, EngineEvents } from '../shared/engine-protocol.ts';
import { connect } from '../shared/rpc.ts';
import { parentChannel } from './parent-channel.ts';

/*
 * The engine behind a message port. A bug that nobody catches ends the process with its stack on standard error and a status
 * that is not zero (Node's own way); the supervisor reports it and starts a fresh process.
 */

// Ctrl-C in a terminal reaches every process of the group: the front door decides what it means.
process.on('SIGINT', () => undefined);

const remote = connect<EngineEvents, EngineCalls>(
  createEngine(
    {
      progress: (jobId, progress) => void remote.progress.asEvent(jobId, progress),
      notice: (jobId, notice) => void remote.notice.asEvent(jobId, notice),
    },
    {
      importModels: async (...wanted) => (await import('../import/import-models.ts')).importModels(...wanted),
      removeModel: async (...wanted) => (await import('../import/remove-model.ts')).removeModel(...wanted),
    },
  ),
  parentChannel(),
);
