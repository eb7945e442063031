import { openSession, type Session, type SessionRequest } from './session.ts';

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
  const hashes = [graph.sha256, ...model.manifest.weights.map((file) => file.sha256)];
  return JSON.stringify([
    model.folder,
    graph.file,
    hashes,
    provider.name,
    threads,
    constants,
    provider.fixedShape ? [width, height] : null,
  ]);
}
