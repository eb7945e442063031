import * as z from 'zod';
import type { Watch } from '../work-watch.ts';
import { call, callsBy, type Call, type Calls, type CallTable, type GivenBy, type Type } from './call.ts';

/** A row for a call that takes long. On the wire an id goes before its arguments, under which it tells how far it is and can be ended. */
export interface Job<Given extends readonly unknown[] = readonly unknown[], Answer = unknown, Told = unknown> extends Call<
  [jobId: string, ...Given],
  Answer
> {
  readonly told: Type<Told>;
  /** How many arguments follow the id. */
  readonly jobArguments: number;
}

export const jobId = z.string().min(1).max(60);

/** As `call`, for a job. */
export const job = <const Schemas extends readonly z.ZodType[], Answer, Told>(
  schemas: Schemas,
  answer: Type<Answer>,
  told: Type<Told>,
): Job<GivenBy<Schemas>, Answer, Told> => ({ ...call([jobId, ...schemas], answer), told, jobArguments: schemas.length });

/** What a job tells while it is under way. */
export const tells = <Told>(): Type<Told> => ({});

/** How the calls of a table are made where ids are nobody's business: a job is watched. */
export type WatchedCalls<Table extends CallTable> = {
  readonly [Noun in keyof Table]: {
    readonly [Name in keyof Table[Noun]]: Table[Noun][Name] extends Job<infer Given extends unknown[], infer Answer, infer Told>
      ? (...given: [...Given, watch?: Watch<Told>]) => Promise<Answer>
      : Calls<Table>[Noun][Name];
  };
};

/** @param make makes a call by its name; of a job, `given` is without the watch */
export function watchedCalls<Table extends CallTable>(
  table: Table,
  make: { call: Make; job: (name: string, given: readonly unknown[], watch: Watch<unknown>) => Promise<unknown> },
): WatchedCalls<Table> {
  const calls = callsBy(table, async (name, given) => {
    const [noun = '', verb = ''] = name.split('.');
    const { jobArguments } = (table[noun]?.[verb] ?? {}) as Partial<Job>;
    if (jobArguments === undefined) return make.call(name, given);
    return make.job(name, given.slice(0, jobArguments), given[jobArguments] ?? {});
  });
  return calls as unknown as WatchedCalls<Table>;
}

type Make = (name: string, given: readonly unknown[]) => Promise<unknown>;
