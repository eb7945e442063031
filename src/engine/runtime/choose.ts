import type { Notice } from '../../shared/engine-protocol.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { english, sentence, type Sentence } from '../../shared/sentence.ts';
import { listCandidates, type Candidate, type CandidateRequest } from './candidates.ts';
import { tryCandidate } from './judge.ts';
import { cpu, providerNamed } from './providers.ts';
import { nameOf } from './way.ts';
import { recallVerdict, verdictKey, type Verdict } from './verdicts.ts';

export interface ChoiceRequest extends CandidateRequest {
  readonly threads: number;
  readonly cacheFolder: string;
  readonly onNotice: (notice: Notice) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Side of the timed tile where only the processor is in question: milliseconds, for a quick first start. */
const smallTile = 48;
/** Side of the timed tile where processor and accelerators are compared. */
export const largeTile = 192;

/**
 * The fastest way to compute the model that gives the right answer here. What was found out once is remembered; what
 * fails is passed over with a notice that says why.
 * Throws what {@link listCandidates} throws, `model-damaged`, and `wrong-output` where nothing passes.
 */
export async function chooseCandidate(request: ChoiceRequest): Promise<Candidate> {
  const { groups, hopeless } = listCandidates(request);
  const named = request.provider === 'auto' || request.provider === 'cpu' ? null : providerNamed(request.provider);
  const reasons = hopeless.map(english.tell);
  for (const reason of hopeless) request.onNotice(fallback(named?.label ?? '', reason));

  const timedSide = groups.flat().every(({ provider }) => provider === cpu) ? smallTile : largeTile;
  for (const group of groups) {
    let best: Candidate | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of group) {
      throwIfCancelled(request.signal);
      const wanted = candidate.provider === named;
      const { verdict, fresh } = await verdictOn(candidate, request, timedSide, wanted);
      if (verdict.state === 'passed') {
        if (verdict.secondsPerMegapixel < least) [best, least] = [candidate, verdict.secondsPerMegapixel];
        continue;
      }
      const reason = verdict.state === 'failed' ? verdict.reason : sentence('device.testing');
      reasons.push(`${candidate.provider.label}, ${nameOf(candidate.way)}: ${english.tell(reason)}`);
      // Whoever asked for it is told each time, everybody else when it is found out.
      if (fresh || wanted) request.onNotice(fallback(nameOfCandidate(candidate), reason));
    }
    if (best !== null) return best;
  }
  throw new Problem('wrong-output', sentence('model.fails', { id: request.model.id }), {
    detail: reasons.join('\n'),
  });
}

const nameOfCandidate = ({ provider, way }: Candidate): Sentence =>
  sentence('device.precision', { device: provider.label, precision: way.precision });

const fallback = (device: string | Sentence, reason: Sentence): Notice => ({
  code: 'provider-fallback',
  message: sentence('notice.notUsed', { device, reason }),
});

/** The remembered verdict on a candidate, or a new one. `again`: what failed gets another chance. */
async function verdictOn(
  candidate: Candidate,
  { model, threads, cacheFolder }: ChoiceRequest,
  timedSide: number,
  again: boolean,
): Promise<{ verdict: Verdict; fresh: boolean }> {
  const known = await recallVerdict(cacheFolder, verdictKey(model, candidate));
  if (known !== null && !(again && known.state === 'failed')) return { verdict: known, fresh: false };
  return { verdict: await tryCandidate({ ...candidate, model, threads, cacheFolder, timedSide }), fresh: true };
}
