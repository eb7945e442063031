import { contract, type AppCalls, type AppEvents } from '../../../../../src/shared/contract.ts';
import { Problem, type ProblemData } from '../../../../../src/shared/problem.ts';
import { callsBy } from '../../../../../src/shared/protocol/call.ts';

/** The calls of `server.ts`, over plain requests. */
export function connectPage({ onConnected }: { events: Partial<AppEvents>; onConnected: () => void }): AppCalls {
  queueMicrotask(onConnected);
  return callsBy(contract.calls, async (name, given) => {
    const response = await fetch(`/calls/${name}`, { method: 'POST', body: JSON.stringify(given) });
    const answer: unknown = await response.json();
    if (!response.ok) throw Problem.fromData(answer as ProblemData);
    return answer;
  });
}
