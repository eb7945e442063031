import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { importedModelsFolder } from '../shared/engine-protocol.ts';
import { scratchPrefix } from '../shared/temporary-names.ts';
import { Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { EngineContext } from '../engine/context.ts';
import { isImported } from '../engine/model-card.ts';
import { thisMaker } from '../system/processes.ts';
import { closeIdleSessions } from '../engine/runtime/sessions.ts';

/**
 * Removes a model of the folder that imported ones go into, damaged ones too, in one step for whoever reads it meanwhile.
 * @throws Problem model-not-found, not-writable for the models that came with Onestep and for those in use where the system keeps open files
 */
export async function removeModel(id: string, { settings, models }: EngineContext): Promise<void> {
  const model = (await models()).find((candidate) => candidate.id === id);
  if (model === undefined) throw new Problem('model-not-found', sentence('model.unknown', { id }));
  const folder = importedModelsFolder(settings);
  if (folder === null || !isImported(model, settings)) {
    throw new Problem('not-writable', sentence('model.isShipped', { id }), { advice: sentence('model.isShipped.advice') });
  }
  // Windows keeps open files where they are.
  await closeIdleSessions();
  const doomed = join(folder, `${scratchPrefix(thisMaker)}removed-${id}`);
  await rename(model.folder, doomed).catch((error: unknown) => {
    if (!['EBUSY', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const advice = sentence('model.notRemoved.advice');
    throw new Problem('not-writable', sentence('model.notRemoved', { id }), { advice, detail: model.folder, cause: error });
  });
  await rm(doomed, { recursive: true, force: true, maxRetries: 3 });
}
