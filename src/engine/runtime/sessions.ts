import { verifyFiles } from '../models.ts';
import { openGraph } from './graph-session.ts';
import type { Session, SessionRequest } from './session.ts';
import { openStages } from './stage-session.ts';
import { filesOf, nameOf } from './ways.ts';

/** A session on loan. */
export interface Loan {
  readonly session: Session;
  /** Gives it back; it may stay open for the next job. */
  return(): Promise<void>;
}

interface Entry {
  readonly opening: Promise<Session>;
  loans: number;
}

/** Open sessions hold their working memory: hundreds of megabytes. So only the last one waits for the next job. */
const idleLimit = 1;

/** By what makes sessions different, least recently used first. */
const entries = new Map<string, Entry>();

/** Verifies the files of a model and opens it. Throws `model-damaged`, or what the native code says. */
export async function openSession(request: SessionRequest): Promise<Session> {
  const { model, graph } = request;
  const { manifest } = model;
  await verifyFiles(model, [...filesOf(graph), ...manifest.weights]);
  if (manifest.pipeline === 'feed-forward' && 'file' in graph) return openGraph(request, graph, manifest);
  if (manifest.pipeline === 'one-step-diffusion' && 'unet' in graph) return openStages(request, graph, manifest);
  throw new Error(`${nameOf(graph)} is not of a ${manifest.pipeline} model.`);
}

/** Opens a session, or lends one that is open already. Throws what {@link openSession} throws. */
export async function borrowSession(request: SessionRequest): Promise<Loan> {
  const key = keyOf(request);
  const entry = entries.get(key) ?? { opening: openSession(request), loans: 0 };
  entry.loans += 1;
  entries.delete(key);
  entries.set(key, entry);
  try {
    const session = await entry.opening;
    let lent = true;
    return {
      session,
      return: async () => {
        if (!lent) return;
        lent = false;
        entry.loans -= 1;
        await closeIdle(idleLimit);
      },
    };
  } catch (error) {
    if (entries.get(key) === entry) entries.delete(key);
    throw error;
  }
}

/** Closes every session that nobody uses: gives their memory back. */
export const closeIdleSessions = (): Promise<void> => closeIdle(0);

async function closeIdle(keep: number): Promise<void> {
  const idle = [...entries].filter(([, entry]) => entry.loans === 0);
  const surplus = idle.slice(0, Math.max(0, idle.length - keep));
  for (const [key] of surplus) entries.delete(key);
  for (const [, entry] of surplus) await (await entry.opening).release();
}

function keyOf({ model, graph, provider, threads, constants, width, height }: SessionRequest): string {
  const hashes = [...filesOf(graph), ...model.manifest.weights].map((file) => file.sha256);
  return JSON.stringify([
    model.folder,
    nameOf(graph),
    hashes,
    provider.name,
    threads,
    constants,
    provider.fixedShape ? [width, height] : null,
  ]);
}
