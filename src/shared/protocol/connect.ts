import { createBirpc } from 'birpc';
import * as z from 'zod';
import { isProblemCode, Problem, type ProblemData } from '../problem.ts';
import { callsBy, eventsBy, type Calls, type Events, type Protocol } from './call.ts';

/** Any two-way message pipe: a child process, a utility process, a WebSocket, the preload bridge. */
export interface Channel {
  post(message: unknown): void;
  on(receive: (message: unknown) => void): void;
}

/** The end of a connection that answers. */
export interface Served<Spoken extends Protocol> {
  /** Tells the far end. */
  readonly tell: Events<Spoken['events']>;
  readonly end: () => void;
}

/** The end of a connection that asks. */
export interface Connected<Spoken extends Protocol> {
  readonly calls: Calls<Spoken['calls']>;
  /** Makes a call by its name, such as `queue.pause`. */
  readonly call: (name: string, given: readonly unknown[]) => Promise<unknown>;
  /** Calls that are under way are rejected with `reason`. */
  end(reason?: Error): void;
}

/** All that the end that asks has to say: birpc takes its messages on trust, and would believe an answer that nobody asked for. */
const callMessage = z.object({ t: z.literal('q'), m: z.string().max(60), a: z.array(z.unknown()), i: z.string().max(60).optional() });

/**
 * Answers the calls of a protocol over a channel, and no others.
 * @param calls see `checkedCalls`
 * @param refuse is told of a message that is no call
 */
export function serve<Spoken extends Protocol>(
  { calls: table, events }: Spoken,
  calls: Calls<Spoken['calls']>,
  channel: Channel,
  refuse: (message: unknown) => void,
): Served<Spoken> {
  const groups = calls as unknown as Readonly<Record<string, Readonly<Record<string, Answering>>>>;
  const rows = Object.entries(table).flatMap(([noun, row]) => Object.keys(row).map((name) => [`${noun}.${name}`, groups[noun]?.[name]]));
  const rpc = connection(Object.fromEntries(rows) as Record<string, Answering>, {
    post: (message) => {
      channel.post(message);
    },
    on: (receive) => {
      channel.on((message) => {
        const read = callMessage.safeParse(message);
        if (read.success) receive(read.data);
        else refuse(message);
      });
    },
  });
  return {
    tell: eventsBy(events, (name, facts) => void rpc.$callEvent(name, ...facts)),
    end: () => {
      rpc.$close();
    },
  };
}

/** Asks the calls of a protocol over a channel, and hears its events. */
export function connect<Spoken extends Protocol>(
  { calls: table, events }: Spoken,
  listener: Partial<Events<Spoken['events']>>,
  channel: Channel,
): Connected<Spoken> {
  const heard = Object.entries(listener).filter(([name]) => Object.hasOwn(events, name));
  const rpc = connection(Object.fromEntries(heard), channel);
  const call = async (name: string, given: readonly unknown[]): Promise<unknown> => rpc.$call(name, ...given);
  return {
    calls: callsBy(table, call),
    call,
    end: (reason) => {
      rpc.$close(reason);
    },
  };
}

type Answering = (...given: unknown[]) => unknown;
/** As birpc sees either end. */
type Named = Record<string, Answering>;

function connection(answers: Named, channel: Channel): ReturnType<typeof createBirpc<Named, Named>> {
  return createBirpc<Named, Named>(answers, {
    post: (message) => {
      channel.post(message);
    },
    on: (receive) => {
      channel.on(receive);
    },
    serialize: (message: { e?: unknown }) => (message.e === undefined ? message : { ...message, e: toErrorData(message.e) }),
    deserialize: (message: { e?: unknown }) =>
      message.e === undefined ? message : { ...message, e: fromErrorData(message.e as ErrorData) },
    timeout: -1,
    // birpc looks a name up on the object: inherited ones (`constructor`, `toString`) are not part of any protocol.
    resolver: (name, answer) => (Object.hasOwn(answers, name) ? answer : undefined) as never,
  });
}

/** How an error travels: a Problem as its data, anything else (a bug) as its text and stack. */
type ErrorData = { readonly problem: ProblemData } | { readonly bug: string; readonly stack: string | undefined };

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
