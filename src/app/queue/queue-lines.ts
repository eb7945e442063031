import * as z from 'zod';
import type { JobReport } from '../../shared/engine-protocol.ts';
import { problemSchema } from '../../shared/json-events.ts';
import { optionsSchema, type Options } from '../../shared/options.ts';
import { isProblemCode, type ProblemData } from '../../shared/problem.ts';
import type { JournalKind } from './journal.ts';

const ids = z.array(z.string());
const options = optionsSchema as z.ZodType<Options>;
const problem = problemSchema.refine(({ code }) => isProblemCode(code)) as unknown as z.ZodType<ProblemData>;
/** Written by this program and shown as it stands: its own fields are not looked at again. */
const report = z.custom<JobReport>((value) => typeof value === 'object' && value !== null);

/** Everything that happens to the jobs of the queue, as it stands in the journal. Fields are only ever added. */
const queueLineSchema = z.discriminatedUnion('type', [
  /** New jobs at the end of the list, waiting. */
  z.object({
    type: z.literal('added'),
    options,
    photos: z.array(z.object({ id: z.string(), source: z.string(), under: z.string(), skipIfResult: z.boolean() })),
  }),
  z.object({ type: z.literal('changed'), ids, options: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('moved'), ids, before: z.string().nullable() }),
  /** Written before the engine is asked, so that whoever finds it without an end knows where a result may lie, and of whom. */
  z.object({
    type: z.literal('begun'),
    id: z.string(),
    destination: z.string(),
    /** The version of what lay there, null for nothing. */
    before: z.string().nullable(),
    processId: z.int(),
  }),
  /** Stopped before its end: it waits again, with no trace left. */
  z.object({ type: z.literal('returned'), id: z.string() }),
  z.object({
    type: z.literal('ended'),
    id: z.string(),
    state: z.enum(['done', 'skipped', 'failed', 'cancelled']),
    output: z.string().nullable().default(null),
    report: report.nullable().default(null),
    problem: problem.nullable().default(null),
    reason: z.string().nullable().default(null),
  }),
  z.object({ type: z.literal('cancelled'), ids }),
  /** Wait once more, and are done even if they were done before. */
  z.object({ type: z.literal('retried'), ids }),
  z.object({ type: z.literal('cleared'), ids }),
  z.object({ type: z.literal('paused'), paused: z.boolean() }),
]);

export type QueueLine = z.infer<typeof queueLineSchema>;
/** What a job ends with. */
export type Ending = Omit<Extract<QueueLine, { type: 'ended' }>, 'type' | 'id'>;

export const queueJournal: JournalKind<QueueLine> = { name: 'onestep queue', version: 1, schema: queueLineSchema };
