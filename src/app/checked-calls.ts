import * as z from 'zod';
import { argumentSchemas, type AppCalls } from '../shared/contract.ts';
import { Problem } from '../shared/problem.ts';

/** The calls of the contract and nothing else; arguments that do not fit are refused before a handler sees them. */
export function checkedCalls(handlers: AppCalls): AppCalls {
  const checked = Object.entries(argumentSchemas).map(([name, schema]) => {
    return [
      name,
      async (...given: unknown[]): Promise<unknown> => {
        const read = schema.safeParse(given);
        if (read.success) return answer(handlers, name as keyof AppCalls, read.data);
        const detail = `${name}: ${z.prettifyError(read.error)}`;
        throw new Problem('bad-request', 'Onestep was asked for something that does not make sense.', { detail });
      },
    ] as const;
  });
  return Object.fromEntries(checked) as unknown as AppCalls;
}

const answer = async (handlers: AppCalls, name: keyof AppCalls, given: readonly unknown[]): Promise<unknown> =>
  (handlers[name] as (...given: readonly unknown[]) => Promise<unknown>)(...given);
