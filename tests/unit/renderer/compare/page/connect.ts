import type { AppCalls, AppEvents } from '../../../../../src/shared/contract.ts';
import { Problem, type ProblemData } from '../../../../../src/shared/problem.ts';

/** The calls of `server.ts`, over plain requests. */
export function connectPage({ onConnected }: { events: AppEvents; onConnected: () => void }): AppCalls {
  queueMicrotask(onConnected);
  const call =
    (name: string) =>
    async (...parameters: unknown[]): Promise<unknown> => {
      const response = await fetch(`/calls/${name}`, { method: 'POST', body: JSON.stringify(parameters) });
      const answer: unknown = await response.json();
      if (!response.ok) throw Problem.fromData(answer as ProblemData);
      return answer;
    };
  return new Proxy({} as AppCalls, { get: (_, name) => (typeof name === 'string' && name !== 'then' ? call(name) : undefined) });
}
