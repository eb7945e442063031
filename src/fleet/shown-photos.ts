import type { Job } from 'bullmq';
import * as z from 'zod';
import { keptProblemSchema, type FailedJob, type FleetPhoto } from '../shared/fleet.ts';
import type { ProblemData } from '../shared/problem.ts';
import { parsed, type Entry } from './payload.ts';

/** What the queue says of photos, for people: what is done with them is asked of the checked entry. */

const progressSchema = z.object({ fraction: z.number().min(0).max(1) });
export const fractionOf = ({ progress }: Job): number => progressSchema.safeParse(progress).data?.fraction ?? 0;

const shownSchema = z.object({ source: z.object({ root: z.string(), path: z.string() }) });

/** As a place of the fleet. */
export function sourceOf({ data, id = '' }: Job<Entry>): string {
  const body = z.object({ body: z.string().max(20_000) }).safeParse(data).data?.body;
  const shown = shownSchema.safeParse(body === undefined ? null : parsed(body)).data;
  return shown === undefined ? id : `${shown.source.root}:${shown.source.path}`;
}

export const failedJob = (job: Job<Entry>): FailedJob => ({
  id: job.id ?? '',
  batch: job.name,
  source: sourceOf(job),
  machine: job.processedBy ?? '',
  problem: problemOf(job),
});

const problemOf = ({ failedReason }: Job): ProblemData =>
  keptProblemSchema.safeParse(parsed(failedReason)).data ?? { code: 'internal-error', message: failedReason, advice: '' };

const endedSchema = z.object({ status: z.enum(['done', 'skipped', 'cancelled']) });

export function shownPhoto(job: Job<Entry>, state: FleetPhoto['state']): FleetPhoto {
  const ended = endedSchema.safeParse(job.returnvalue).data?.status;
  return {
    id: job.id ?? '',
    source: sourceOf(job),
    state: state === 'done' ? (ended ?? state) : state,
    machine: state === 'waiting' ? '' : (job.processedBy ?? ''),
    fraction: fractionOf(job),
    problem: state === 'failed' ? problemOf(job) : null,
  };
}
