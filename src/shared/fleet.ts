import * as z from 'zod';
import { someOptions } from './options.ts';
import { problemCodes, type ProblemData } from './problem.ts';
import { call, returns, type Type } from './protocol/call.ts';
import { sentenceSchema, type Sentence } from './sentence.ts';

/** A name of a folder that machines share. */
export const rootNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'expected up to 32 lower-case letters, digits, - and _');

/** How this computer reaches a fleet. The password is in no settings: it lies in a file that nobody else may read. */
export const fleetWaySchema = z.object({
  /** Such as `rediss://nas:6380`. */
  queue: z.string().min(1).max(2000),
  /** Empty: the server's own default. */
  user: z.string().max(200),
  /** The file of a certificate that the server's is checked against; null: those that this computer trusts anyway. */
  certificate: z.string().min(1).max(32_767).nullable(),
  /** The folders of this computer that are shared, by the names that all computers know them by. */
  roots: z.record(rootNameSchema, z.string().min(1).max(32_767)),
});
export type FleetWay = z.infer<typeof fleetWaySchema>;

/** What the queue keeps of a problem: in English, and as sentences for those who speak something else. */
export const keptProblemSchema = z.object({
  code: z.enum(problemCodes).catch('internal-error'),
  message: z.string(),
  detail: z.string().optional(),
  advice: z.string(),
  // Of another version, there may be words for it that this one does not have.
  said: sentenceSchema.optional().catch(undefined),
  advised: sentenceSchema.optional().catch(undefined),
}) satisfies z.ZodType<ProblemData>;

export const batchNoteSchema = z.object({
  batch: z.string(),
  /** As the machine that added it saw it. */
  folder: z.string(),
  photos: z.int(),
  /** Milliseconds since 1970. */
  added: z.number(),
  cancelled: z.boolean(),
});
export type BatchNote = z.infer<typeof batchNoteSchema>;

/** What a machine of the fleet says of itself every 20 s. */
export const machineNoteSchema = z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['working', 'idle', 'paused', 'leaving']),
  /** Somebody has told it to begin no more photos. */
  drained: z.boolean().default(false),
  device: z.string(),
  /** Photos at work now, as places of the fleet. */
  photos: z.array(z.string()),
  done: z.int(),
  failed: z.int(),
  megapixelsPerSecond: z.number(),
  photosPerHour: z.number(),
  /** In English. */
  fault: z.string().nullable(),
  problem: keptProblemSchema.nullable().default(null).catch(null),
  /** Milliseconds since 1970. */
  seen: z.number(),
});
export type MachineNote = z.infer<typeof machineNoteSchema>;

/** A machine that was silent for longer has gone. */
const silentSeconds = 90;
export const isHeard = ({ seen }: Pick<MachineNote, 'seen'>): boolean => Date.now() - seen < silentSeconds * 1000;

export interface FailedJob {
  readonly id: string;
  readonly batch: string;
  /** As a place of the fleet, `nas:2019/photo.jpg`. */
  readonly source: string;
  readonly machine: string;
  readonly problem: ProblemData;
}

export interface FleetStatus {
  readonly paused: boolean;
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
  readonly batches: readonly BatchNote[];
  readonly machines: readonly MachineNote[];
  /** Photos at work, who has them and how far they are. */
  readonly photos: readonly { readonly source: string; readonly machine: string; readonly fraction: number }[];
  /** By what machines have done lately; null where none has. */
  readonly secondsLeft: number | null;
}

/** A photo of the queue. */
export interface FleetPhoto {
  readonly id: string;
  /** As a place of the fleet, `nas:2019/photo.jpg`. */
  readonly source: string;
  readonly state: 'running' | 'failed' | 'waiting' | 'done' | 'skipped' | 'cancelled';
  /** Who has it, or had it last; empty for none. */
  readonly machine: string;
  /** 0…1 */
  readonly fraction: number;
  readonly problem: ProblemData | null;
}

/** What a window shows of a fleet. */
export interface FleetView {
  readonly status: FleetStatus;
  /** At work, failed, waiting in their order, done lately: of each kind so many as can be looked through. */
  readonly photos: readonly FleetPhoto[];
  /** What is wrong, although the queue answers: a drive that is not connected, entries that are signed with another key. */
  readonly troubles: readonly ProblemData[];
  /** What whoever looks after the server should know. */
  readonly warnings: readonly Sentence[];
}

/** What adding photos came to. */
export interface FleetAdded {
  readonly added: number;
  /** Done by an earlier run. */
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** Of the first photo that failed. */
  readonly problem: ProblemData | null;
}

export interface FleetAdding {
  readonly found: number;
  readonly added: number;
}

/** A folder that is to be shared. */
export const sharedFolderSchema = z.object({
  name: z.string().max(200),
  folder: z.string().min(1).max(32_767),
  /** It is none yet, and is made one. */
  isNew: z.boolean(),
});
export type SharedFolder = z.infer<typeof sharedFolderSchema>;

/** What somebody enters to connect. */
export const fleetFormSchema = z.object({
  queue: z.string().max(2000),
  user: z.string().max(200),
  /** Null: as it was. */
  password: z.string().max(2000).nullable(),
  certificate: fleetWaySchema.shape.certificate,
  folders: z.array(sharedFolderSchema).max(32),
});
export type FleetForm = z.infer<typeof fleetFormSchema>;

/** Of a batch, a photo's entry or a machine. */
const name = z.string().min(1).max(200);
const nothing: Type<void> = returns();

/** The calls of the contract that are about a fleet. */
export const fleetCalls = {
  /** Reaches a fleet and remembers it; rejected within seconds, with what is wrong. */
  connect: call([fleetFormSchema], nothing),
  /** `connect`, or whatever waits for the server, is rejected as `cancelled`. */
  cancelConnecting: call([], nothing),
  /** Forgets the fleet and its password. Photos that were added stay in its queue. */
  disconnect: call([], nothing),
  /** What the machines of a fleet call a folder; null for one that is not shared. */
  nameOf: call([z.string().min(1).max(32_767)], returns<string | null>()),
  /** How it stands now. Every call from here on is rejected within seconds where the server does not answer. */
  view: call([], returns<FleetView>()),
  /** Adds photos with the settings' options, over which these go. `fleetAdding` tells how many; what is there is not added twice. */
  add: call([z.array(z.int().min(0)).max(1_000_000), someOptions], returns<FleetAdded>()),
  /** What was added stays, and `add` is answered. */
  cancelAdding: call([], nothing),
  /** What is at work is finished, nothing else is begun. */
  pause: call([], nothing),
  resume: call([], nothing),
  /** Nothing more is done of a batch; null: of all. Answers how many photos no longer wait. */
  cancel: call([name.nullable()], returns<number>()),
  /** Failed photos wait once more; null: all of them. Answers how many. */
  retry: call([z.array(name).max(100_000).nullable()], returns<number>()),
  /** A machine finishes what it is at and begins nothing more; with `false` it may again. */
  drain: call([name, z.boolean()], nothing),
} as const;
