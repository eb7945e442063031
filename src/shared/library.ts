import * as z from 'zod';
import type { Sentence } from './sentence.ts';

/** What has become of a photo: `new` until it is queued, then as its latest job says, or `done` where a result of ours lies beside it. */
export const photoStates = ['new', 'waiting', 'running', 'done', 'skipped', 'failed'] as const;
export type PhotoState = (typeof photoStates)[number];

/** A photo as the library shows it. Results are not listed by themselves where their original is: they are its `result`. */
export interface PhotoCard {
  /** Given by the application for as long as it runs; stands in pixel addresses. */
  readonly id: number;
  readonly path: string;
  readonly name: string;
  readonly folder: string;
  /** As the extension says: jpeg, png, heic … */
  readonly format: string;
  readonly fileBytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Upright size in pixels; null until somebody has looked. */
  readonly width: number | null;
  readonly height: number | null;
  /** Changes with the file's content: part of pixel addresses. */
  readonly version: string;
  readonly state: PhotoState;
  readonly jobId: string | null;
  /** The newest result that exists. */
  readonly result: ResultCard | null;
}

export interface ResultCard {
  readonly id: number;
  readonly path: string;
  readonly version: string;
  readonly width: number | null;
  readonly height: number | null;
}

export const photoSorts = ['name', 'modified', 'size', 'pixels'] as const;

export const libraryQuerySchema = z.object({
  /** Part of the name or folder; empty means all. */
  search: z.string().max(200).default(''),
  /** Empty means all, as in the other lists. */
  states: z.array(z.enum(photoStates)).default([]),
  /** As the extension says: jpeg, png, heic … */
  formats: z.array(z.string().max(12)).max(20).default([]),
  /** One opened folder; null means all. */
  folder: z.string().nullable().default(null),
  /** Only photos that were opened by themselves. */
  single: z.boolean().default(false),
  minMegapixels: z.number().min(0).nullable().default(null),
  maxMegapixels: z.number().min(0).nullable().default(null),
  sort: z.enum(photoSorts).default('name'),
  descending: z.boolean().default(false),
});
export type LibraryQuery = z.infer<typeof libraryQuerySchema>;

/** The photos that a query finds, in its order. Details are asked for by id as they come into view. */
export interface LibraryView {
  readonly revision: number;
  readonly ids: readonly number[];
}

/** A folder or a single file that was opened. */
export interface OpenedRoot {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  readonly photos: number;
  /** Still being searched. */
  readonly scanning: boolean;
  /** Why it cannot be read; null where it can. */
  readonly problem: Sentence | null;
  /** What in it cannot be looked at: how much, and the first of it. */
  readonly leftOut: { readonly count: number; readonly first: readonly { readonly path: string; readonly message: Sentence }[] };
}

export interface LibraryState {
  readonly revision: number;
  readonly photos: number;
  readonly roots: readonly OpenedRoot[];
}

/** What a person can be asked to choose on the disk. */
export const choosable = [
  'photos',
  'folder',
  'output-folder',
  'models',
  'model-folder',
  'reference',
  'reference-folder',
  'shared-folder',
  'certificate',
] as const;

/** A folder as the chooser of the browser door shows it. */
export interface FolderListing {
  readonly path: string;
  readonly parent: string | null;
  readonly folders: readonly { readonly name: string; readonly path: string }[];
  /** Their numbers are good for pictures until another folder is listed. */
  readonly photos: readonly { readonly name: string; readonly path: string; readonly photo: number }[];
  /** Files that models of other programs come in. */
  readonly models: readonly { readonly name: string; readonly path: string }[];
  /** Files that certificates come in. */
  readonly certificates: readonly { readonly name: string; readonly path: string }[];
  /** Home, Pictures, drives. */
  readonly places: readonly { readonly name: string; readonly path: string }[];
}

/** A file dropped into a browser, which does not tell where it lies. `path` is relative to what was dropped, with `/`. */
export const droppedFileSchema = z.object({
  path: z.string().min(1).max(4096),
  fileBytes: z.int().min(0),
  modified: z.number(),
});
export type DroppedFile = z.infer<typeof droppedFileSchema>;
