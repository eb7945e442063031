import type { AppCalls, AppEvents } from '../shared/contract.ts';
import type { PhotoAddress } from '../shared/photo-addresses.ts';

/** The application without a window, as the doors see it. */
export interface Application {
  /** Answers every call of the contract after checking its arguments against `argumentSchemas`. */
  readonly calls: AppCalls;
  /** Tells events to one more interface until the returned function is called. */
  listen(events: AppEvents): () => void;
  /** Pixels for the interface. Rejects with a Problem; an aborted request is forgotten before it costs anything. */
  pixels(address: PhotoAddress, signal: AbortSignal): Promise<PixelAnswer>;
  /** Files and folders that the system, another program or the command line names. */
  openFromOutside(paths: readonly string[], then: 'show' | 'enhance'): Promise<void>;
  /** Stops within seconds; what was running is begun again at the next start. */
  close(): Promise<void>;
}

export interface PixelAnswer {
  readonly type: 'image/webp' | 'image/png';
  readonly bytes: Uint8Array;
}
