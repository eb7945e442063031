import { cardsAtOnce, contract, type AppCalls, type AppEvents } from '../shared/contract.ts';
import type { Options } from '../shared/options.ts';
import type { PhotoAddress } from '../shared/photo-addresses.ts';
import { checkedCalls } from '../shared/protocol/call.ts';
import { serve, type Channel, type Served } from '../shared/protocol/connect.ts';
import { createHandlers } from './handlers.ts';
import type { Library } from './library/library.ts';
import { createParts, type ApplicationOptions, type Parts } from './parts.ts';
import type { PixelAnswer } from './photos/photo-pixels.ts';

/** The application without a window, as the doors see it. */
export interface Application {
  /** Answers every call of the contract after checking its arguments against its table. */
  readonly calls: AppCalls;
  /** Tells these events to one more listener until the returned function is called. */
  listen(events: Partial<AppEvents>): () => void;
  /** Pixels for the interface. Rejects with a Problem; an aborted request is forgotten before it costs anything. */
  pixels(address: PhotoAddress, signal: AbortSignal): Promise<PixelAnswer>;
  /** Opens files and folders that the system, another program or the command line names, and has the interfaces show them. */
  openFromOutside(paths: readonly string[]): Promise<void>;
  /**
   * Adds what such files and folders come to to the queue, with `options` over the person's own. Nothing is shown.
   * @returns how many photos were added
   */
  enhanceFromOutside(paths: readonly string[], options: Partial<Options>): Promise<number>;
  /** Stops within seconds; what was running is begun again at the next start. */
  close(): Promise<void>;
}

/**
 * Puts the application together. Resolves when calls can be answered; opened folders are searched from then on.
 * @throws Problem already-running, newer-version, not-writable
 */
export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const parts = createParts(options);
  const { events, library, pixels, queue, settings } = parts;
  try {
    await queue.open();
    await tellJobs(parts);
    await library.reopen(settings.current.roots);
  } catch (error) {
    await close(parts);
    throw error;
  }
  return {
    calls: checkedCalls(contract.calls, createHandlers(parts)),
    listen: (listener) => events.listen(listener),
    pixels: (address, signal) => pixels.pixels(address, signal),
    openFromOutside: async (paths) => {
      const named = await library.open(paths);
      const [folder = null] = paths.length === 1 ? paths.filter((path) => library.isFolder(path)) : [];
      if (folder === null && named.length < paths.length) await library.searched();
      events.tell.opened(folder === null ? [...named, ...foundIn(library, paths, named)] : [], folder);
    },
    enhanceFromOutside: async (paths, given) => {
      const named = await library.open(paths);
      await library.searched();
      const found = foundIn(library, paths, named);
      return (await queue.enqueue([...library.sources(named, true), ...library.sources(found, false)], given)).length;
    },
    close: () => close(parts),
  };
}

/** What one interface is connected by; `tell` tells this interface alone. */
export type ServedInterface = Served<typeof contract>;

/**
 * Serves the contract to one interface until it is ended, and tells it every event. `refuse` is told of a message that is no call; the
 * door then ends the connection.
 */
export function serveInterface(application: Application, channel: Channel, refuse: () => void): ServedInterface {
  const { tell, end } = serve(contract, application.calls, channel, refuse);
  const stopListening = application.listen(tell);
  return {
    tell,
    end: () => {
      stopListening();
      end();
    },
  };
}

async function close({ library, evaluations, batchEvaluation, queue, fleet, pixels, downloads, models, engines }: Parts): Promise<void> {
  library.end();
  evaluations.cancel();
  batchEvaluation.cancel();
  fleet.close();
  await Promise.all([queue.close(), pixels.close(), downloads.close(), models.close()]);
  await Promise.all([engines.importer, engines.enhancer, engines.previewer, engines.measurer].map((engine) => engine.close()));
}

/** The photos in folders, without those that were named themselves. */
function foundIn(library: Library, paths: readonly string[], named: readonly number[]): number[] {
  const known = new Set(named);
  return library.within(paths).filter((id) => !known.has(id));
}

/** What the queue kept from earlier runs. */
async function tellJobs({ queue, library }: Parts): Promise<void> {
  for (let start = 0; start < queue.jobIds.length; start += cardsAtOnce) {
    await library.jobsChanged(await queue.jobs(queue.jobIds.slice(start, start + cardsAtOnce)));
  }
}
