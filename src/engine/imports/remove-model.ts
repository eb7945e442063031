import { rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { scratchPrefix } from '../../shared/engine-protocol.ts';
import { Problem } from '../../shared/problem.ts';
import type { EngineContext } from '../context.ts';
import { closeIdleSessions } from '../runtime/open-sessions.ts';

/**
 * Removes a model of the folder that imported ones go into, damaged ones too, in one step for whoever reads it meanwhile.
 * @throws Problem model-not-found, not-writable for the models that came with Onestep
 */
export async function removeModel(id: string, { settings, models }: EngineContext): Promise<void> {
  const model = (await models()).find((candidate) => candidate.id === id);
  if (model === undefined) throw new Problem('model-not-found', `There is no model called ${id}.`);
  const folder = settings.modelFolders.at(-1);
  if (folder === undefined || resolve(dirname(model.folder)) !== resolve(folder)) {
    throw new Problem('not-writable', `${id} came with Onestep and is not removed.`, { advice: 'Only imported models can be removed.' });
  }
  // Windows keeps open files where they are.
  await closeIdleSessions();
  const doomed = join(folder, `${scratchPrefix(process.pid)}removed-${id}`);
  await rename(model.folder, doomed);
  await rm(doomed, { recursive: true, force: true, maxRetries: 3 });
}
