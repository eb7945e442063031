import { basename, dirname, join, sep } from 'node:path';
import * as z from 'zod';
import type { JobReport } from '../../shared/engine-protocol.ts';
import { problemSchema } from '../../shared/json-events.ts';
import { optionsSchema, type Options } from '../../shared/options.ts';
import { stemOf } from '../../shared/photo-extensions.ts';
import { isProblemCode, type ProblemData } from '../../shared/problem.ts';
import { sentenceSchema, told } from '../../shared/sentence.ts';
import type { FoundPhoto } from '../collect-photos.ts';
import { grouped } from './grouped.ts';

const ids = z.array(z.string());
const options = optionsSchema as z.ZodType<Options>;
const anySentence = sentenceSchema.optional().catch(undefined);
const problem = problemSchema
  .extend({ said: anySentence, advised: anySentence })
  .refine(({ code }) => isProblemCode(code)) as unknown as z.ZodType<ProblemData>;
const sentences = z.array(sentenceSchema).catch([]);
/**
 * Written by this program and shown as it stands: of its fields only those are looked at in which earlier versions had English text, or
 * less than there is now.
 */
const report = z.looseObject({
  faces: z.looseObject({ left: z.number().default(0), each: z.array(z.unknown()).default([]) }).optional(),
  rule: sentenceSchema.catch(told('')),
  reason: sentenceSchema.optional().catch(undefined),
  kept: sentences,
  converted: sentences,
  lost: sentences,
  notices: z.array(z.looseObject({ message: sentenceSchema })).catch([]),
}) as unknown as z.ZodType<JobReport>;

/** Everything that happens to jobs, as it stands in the journal of the queue. Fields are only ever added. */
export const jobLineSchema = z.discriminatedUnion('type', [
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
    reason: sentenceSchema.nullable().default(null),
  }),
  z.object({ type: z.literal('cancelled'), ids }),
  /** Wait once more, and are done even if they were done before. */
  z.object({ type: z.literal('retried'), ids }),
  z.object({ type: z.literal('cleared'), ids }),
  z.object({ type: z.literal('paused'), paused: z.boolean() }),
]);

export type JobLine = z.infer<typeof jobLineSchema>;
/** What a job ends with. */
export type Ending = Omit<Extract<JobLine, { type: 'ended' }>, 'type' | 'id'>;

/** Jobs that are added with the same options share one line up to this number. */
export const jobsPerLine = 1000;
/** Few enough to be written down at once. */
const firstSlice = 100;

/** Different in every run of the application: ids are never given twice. */
const run = Date.now().toString(36);
let given = 0;
const newId = (): string => {
  given += 1;
  return `${run}-${given.toString(36)}`;
};

/** The lines that add photos, each job with an id of its own. */
export function* addedLines(photos: readonly FoundPhoto[], options: Options): Generator<Extract<JobLine, { type: 'added' }>> {
  const folders = options.output === null ? photos.map(({ under }) => under) : foldersUnder(photos);
  for (let at = 0, count = firstSlice; at < photos.length; at += count, count = jobsPerLine) {
    const slice = photos.slice(at, at + count).map(({ path, skipIfResult }, index) => {
      return { id: newId(), source: path, under: folders[at + index] ?? '', skipIfResult };
    });
    yield { type: 'added', options, photos: slice };
  }
}

/**
 * The folder of each photo's result, relative to an output folder that all have in common. Photos that would meet there under one
 * name get as many of their own parent folders as tell them apart.
 */
function foldersUnder(photos: readonly FoundPhoto[]): string[] {
  const folders = photos.map(({ under }) => under);
  for (let parents = 1; ; parents += 1) {
    const meeting = grouped(photos.keys(), (index) =>
      `${folders[index] ?? ''}${sep}${stemOf(basename(photos[index]?.path ?? ''))}`.toLowerCase(),
    );
    const clashing = [...meeting.values()]
      .filter((group) => new Set(group.map((index) => dirname(photos[index]?.path ?? ''))).size > 1)
      .flat();
    const deeper = clashing.filter((index) => parentsOf(photos[index]?.path ?? '', parents).length === parents);
    if (deeper.length === 0) return folders;
    for (const index of deeper) folders[index] = join(...parentsOf(photos[index]?.path ?? '', parents));
  }
}

/** The names of the last `count` folders above a file, outermost first; fewer where there are fewer. */
function parentsOf(path: string, count: number): string[] {
  const names = dirname(path)
    .split(sep)
    .slice(1)
    .filter((name) => name !== '');
  return names.slice(Math.max(0, names.length - count));
}
