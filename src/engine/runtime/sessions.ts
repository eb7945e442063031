import { verifyFiles } from './model.ts';
import { nameOf, type Session, type SessionRequest } from './way.ts';

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
  const { model, way } = request;
  await verifyFiles(model, [...way.files, ...model.weights]);
  return way.open(request);
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

function keyOf({ model, way, provider, threads, constants, width, height }: SessionRequest): string {
  const hashes = [...way.files, ...model.weights].map((file) => file.sha256);
  const shape = provider.fixedShape ? [width, height] : null;
  return JSON.stringify([model.folder, nameOf(way), hashes, provider.name, threads, constants, shape]);
}
