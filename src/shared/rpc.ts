import { createBirpc, type BirpcReturn } from 'birpc';
import { isProblemCode, Problem, type ProblemData } from './problem.ts';

/** Any two-way message pipe: a child process, a utility process, a WebSocket, the preload bridge. */
export interface Channel {
  post(message: unknown): void;
  on(receive: (message: unknown) => void): void;
}

/** How an error travels: a Problem as its data, anything else (a bug) as its text and stack. */
type ErrorData = { readonly problem: ProblemData } | { readonly bug: string; readonly stack: string | undefined };

/** Typed calls in both directions over any channel; `Remote` is what the far side offers, `Local` what this side answers. */
export function connect<Remote extends object, Local extends object>(local: Local, channel: Channel): BirpcReturn<Remote, Local> {
  return createBirpc<Remote, Local>(local, {
    post: (message) => channel.post(message),
    on: (receive) => channel.on(receive),
    serialize: (message: { e?: unknown }) => (message.e === undefined ? message : { ...message, e: toErrorData(message.e) }),
    deserialize: (message: { e?: unknown }) =>
      message.e === undefined ? message : { ...message, e: fromErrorData(message.e as ErrorData) },
    timeout: -1,
    // birpc looks a name up on the object: inherited ones (`constructor`, `toString`) are not part of any contract.
    resolver: (name, answer) => (Object.hasOwn(local, name) ? answer : undefined) as never,
  });
}

function toErrorData(error: unknown): ErrorData {
  if (error instanceof Problem) return { problem: error.toData() };
  return error instanceof Error ? { bug: error.message, stack: error.stack } : { bug: String(error), stack: undefined };
}

function fromErrorData(data: ErrorData): Error {
  if ('problem' in data) {
    return isProblemCode(data.problem.code) ? Problem.fromData(data.problem) : new Error(data.problem.message);
  }
  const error = new Error(data.bug);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
