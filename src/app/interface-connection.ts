import type { BirpcReturn } from 'birpc';
import * as z from 'zod';
import type { AppCalls, AppEvents } from '../shared/contract.ts';
import { connect, type Channel } from '../shared/rpc.ts';
import type { Application } from './application.ts';

/** An interface makes calls and answers none: nothing else is let through to birpc, which takes its messages on trust. */
const callSchema = z.object({ t: z.literal('q'), m: z.string().max(60), a: z.array(z.unknown()), i: z.string().max(60).optional() });

export interface ServedInterface {
  /** Tells this interface alone. */
  readonly events: BirpcReturn<AppEvents, AppCalls>;
  end(): void;
}

/**
 * Serves the contract to one interface until it is ended. `refuse` is told once of a message that is no
 * call; the door then ends the connection.
 */
export function serveInterface(application: Application, channel: Channel, refuse: () => void): ServedInterface {
  const remote = connect<AppEvents, AppCalls>(application.calls, {
    post: (message) => {
      channel.post(message);
    },
    on: (receive) => {
      channel.on((message) => {
        const call = callSchema.safeParse(message);
        if (call.success) receive(call.data);
        else refuse();
      });
    },
  });
  const stopListening = application.listen({
    libraryChanged: (state) => void remote.libraryChanged.asEvent(state),
    photosChanged: (cards) => void remote.photosChanged.asEvent(cards),
    queueChanged: (state) => void remote.queueChanged.asEvent(state),
    jobsChanged: (cards) => void remote.jobsChanged.asEvent(cards),
    jobProgress: (jobId, progress) => void remote.jobProgress.asEvent(jobId, progress),
    pyramidProgress: (id, fraction) => void remote.pyramidProgress.asEvent(id, fraction),
    settingsChanged: (settings) => void remote.settingsChanged.asEvent(settings),
    evaluationProgress: (result, fraction) => void remote.evaluationProgress.asEvent(result, fraction),
    batchEvaluationProgress: (progress) => void remote.batchEvaluationProgress.asEvent(progress),
    modelsChanged: (models) => void remote.modelsChanged.asEvent(models),
    importProgress: (fraction) => void remote.importProgress.asEvent(fraction),
    downloadProgress: (id, progress) => void remote.downloadProgress.asEvent(id, progress),
    navigate: (place) => void remote.navigate.asEvent(place),
    opened: (ids, folder) => void remote.opened.asEvent(ids, folder),
  });
  return {
    events: remote,
    end: () => {
      stopListening();
      remote.$close();
    },
  };
}
