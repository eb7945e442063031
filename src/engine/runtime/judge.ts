import { messageOf, Problem } from '../../shared/problem.ts';
import { sentence, told } from '../../shared/sentence.ts';
import type { Candidate } from './candidates.ts';
import { cpu } from './providers.ts';
import { leastParityDb, measureParity, timeTile } from './self-test.ts';
import { borrowSession } from './sessions.ts';
import { rememberVerdict, verdictKey, type Verdict } from './verdicts.ts';
import type { RunnableModel, Session } from './way.ts';

export interface Trial extends Candidate {
  readonly model: RunnableModel;
  readonly threads: number;
  readonly cacheFolder: string;
  /** Side of the timed tile, about: accelerators show what they can do on large tiles only. */
  readonly timedSide: number;
}

/**
 * Runs the self-test of a candidate and remembers the verdict; before native code of an accelerator is entered it
 * remembers that too, so that a crash counts as a failure at the next start. Throws `model-damaged`.
 */
export async function tryCandidate(trial: Trial): Promise<Verdict> {
  const { provider, model, cacheFolder } = trial;
  const key = verdictKey(model, trial);
  if (provider !== cpu) await rememberVerdict(cacheFolder, key, { state: 'probing', processId: process.pid });
  const verdict = await judge(trial).catch((error: unknown): Verdict => {
    if (error instanceof Problem) throw error;
    return { state: 'failed', reason: told(firstLine(error)), parityDb: null, at: Date.now() };
  });
  await rememberVerdict(cacheFolder, key, verdict);
  return verdict;
}

/** Next to so long a tile, what the first run of a graph takes more does not count; it may take minutes to run it again. */
const tellingSeconds = 5;

async function judge(trial: Trial): Promise<Verdict> {
  const { model, way } = trial;
  const { width, height } = model.selfTest;
  const conversion = { channels: 3, bits: 8, ...way.format } as const;
  const parity = await withSession(trial, width, height, (session) => measureParity(session, model, conversion));
  const { parityDb } = parity;
  if (parityDb < leastParityDb) {
    const reason = sentence('device.wrongAnswer', { db: parityDb, least: leastParityDb });
    return { state: 'failed', reason, parityDb, at: Date.now() };
  }
  const passed = { state: 'passed', parityDb: Number.isFinite(parityDb) ? parityDb : null } as const;
  if (model.fixedTiles && parity.seconds > tellingSeconds) return { ...passed, secondsPerMegapixel: parity.secondsPerMegapixel };
  const copies = (side: number): number => (model.fixedTiles ? 1 : Math.max(1, Math.round(trial.timedSide / side)));
  const [across, down] = [copies(width), copies(height)];
  const secondsPerMegapixel = await withSession(trial, width * across, height * down, (session) =>
    timeTile(session, model, conversion, across, down),
  );
  return { ...passed, secondsPerMegapixel };
}

async function withSession<Result>(
  trial: Trial,
  width: number,
  height: number,
  use: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { model, way, provider, threads } = trial;
  const loan = await borrowSession({ model, way, provider, threads, constants: model.defaultConstants, width, height });
  try {
    return await use(loan.session);
  } finally {
    await loan.return();
  }
}

const firstLine = (error: unknown): string => messageOf(error).split('\n', 1)[0] ?? '';
