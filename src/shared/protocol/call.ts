import * as z from 'zod';
import { Problem } from '../problem.ts';
import { sentence } from '../sentence.ts';

/** A row of a table of calls: what the arguments must look like, and of what type the answer is. */
export interface Call<Given extends readonly unknown[] = readonly unknown[], Answer = unknown> {
  readonly given: z.ZodType<Given>;
  readonly answer: Type<Answer>;
}

/** Stands for a type where a value has to. */
export interface Type<Named> {
  readonly _?: Named;
}

export type GivenBy<Schemas extends readonly z.ZodType[]> = { -readonly [Index in keyof Schemas]: z.output<Schemas[Index]> };

/**
 * A call. Whatever does not fit the schemas is refused before a handler sees it, so they bound every number, string and list.
 * @param answer see {@link returns}
 */
export const call = <const Schemas extends readonly z.ZodType[], Answer>(
  schemas: Schemas,
  answer: Type<Answer>,
): Call<GivenBy<Schemas>, Answer> => ({ given: z.tuple(schemas as never), answer });

export const returns = <Answer>(): Type<Answer> => ({});

/** A row of a table of events: the types of what is told. */
export interface Event<Facts extends readonly unknown[] = readonly unknown[]> {
  readonly facts: Type<Facts>;
}

/** An event; nobody answers it, and whoever tells it is trusted. */
export const event = <Facts extends readonly unknown[]>(): Event<Facts> => ({ facts: {} });

/** Calls, grouped by what they are about. */
export type CallTable = Readonly<Record<string, Readonly<Record<string, Call>>>>;
export type EventTable = Readonly<Record<string, Event>>;

/** Everything that two programs say to each other: one answers the calls and tells the events. */
export interface Protocol {
  readonly calls: CallTable;
  readonly events: EventTable;
}

/** How the calls of a table are made. Every one may reject with a Problem. */
export type Calls<Table extends CallTable> = {
  readonly [Noun in keyof Table]: {
    readonly [Name in keyof Table[Noun]]: Table[Noun][Name] extends Call<infer Given extends unknown[], infer Answer>
      ? (...given: Given) => Promise<Answer>
      : never;
  };
};

/** What answers the calls of a table, at once or later. */
export type Handlers<Table extends CallTable> = {
  readonly [Noun in keyof Table]: {
    readonly [Name in keyof Table[Noun]]: Table[Noun][Name] extends Call<infer Given extends unknown[], infer Answer>
      ? (...given: Given) => Promise<Answer> | Answer
      : never;
  };
};

/** What hears the events of a table, or tells them. */
export type Events<Table extends EventTable> = {
  readonly [Name in keyof Table]: (...facts: Table[Name] extends Event<infer Facts extends unknown[]> ? Facts : never) => void;
};

/** @param make makes the call of this name, such as `queue.pause` */
export function callsBy<Table extends CallTable>(
  table: Table,
  make: (name: string, given: readonly unknown[]) => Promise<unknown>,
): Calls<Table> {
  const groups = Object.entries(table).map(([noun, rows]) => {
    const calls = Object.keys(rows).map((name) => [name, async (...given: unknown[]) => make(`${noun}.${name}`, given)]);
    return [noun, Object.fromEntries(calls) as unknown] as const;
  });
  return Object.fromEntries(groups) as Calls<Table>;
}

/** @param tell tells the event of this name */
export function eventsBy<Table extends EventTable>(table: Table, tell: (name: string, facts: readonly unknown[]) => void): Events<Table> {
  const rows = Object.keys(table).map((name) => {
    return [
      name,
      (...facts: unknown[]) => {
        tell(name, facts);
      },
    ];
  });
  return Object.fromEntries(rows) as Events<Table>;
}

/** The calls of the table and nothing else: arguments that do not fit are refused as Problem `bad-request` before a handler sees them. */
export function checkedCalls<Table extends CallTable>(table: Table, handlers: Handlers<Table>): Calls<Table> {
  return callsBy(table, async (name, given) => {
    const [noun = '', verb = ''] = name.split('.');
    const read = table[noun]?.[verb]?.given.safeParse(given);
    if (read?.success === true) return answered(handlers, noun, verb, read.data);
    const detail = `${name}: ${read === undefined ? 'no such call' : z.prettifyError(read.error)}`;
    throw new Problem('bad-request', sentence('request.senseless'), { detail });
  });
}

type Answering = (...given: readonly unknown[]) => unknown;

/** @throws TypeError where nobody answers */
function answered(handlers: object, noun: string, verb: string, given: readonly unknown[]): unknown {
  const group = (handlers as Readonly<Record<string, Readonly<Record<string, Answering>>>>)[noun];
  const answer = group?.[verb];
  if (answer === undefined) throw new TypeError(`nobody answers ${noun}.${verb}`);
  return answer.apply(group, given as unknown[]);
}
