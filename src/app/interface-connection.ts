import { contract } from '../shared/contract.ts';
import { serve, type Channel, type Served } from '../shared/protocol/connect.ts';
import type { Application } from './application.ts';

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
