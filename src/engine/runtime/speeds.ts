import { listCandidates, type Candidate, type CandidateRequest } from './candidates.ts';
import type { RunnableModel } from './way.ts';
import { recallVerdict, rememberVerdict, verdictKey } from './verdicts.ts';

/** Result megapixels from which a photo says more about speed than the self-test's tile. */
const tellingMegapixels = 1;

/** Notes how fast a whole photo was, overlap and all, for later estimates. */
export async function rememberPhotoSpeed(
  model: RunnableModel,
  candidate: Candidate,
  cacheFolder: string,
  megapixels: number,
  seconds: number,
): Promise<void> {
  if (megapixels < tellingMegapixels) return;
  const key = verdictKey(model, candidate);
  const verdict = await recallVerdict(cacheFolder, key);
  if (verdict?.state !== 'passed') return;
  const photoSecondsPerMegapixel = seconds / megapixels;
  const known = verdict.photoSecondsPerMegapixel;
  // Not worth writing where nothing new was learnt.
  if (known !== undefined && Math.abs(photoSecondsPerMegapixel / known - 1) < 0.1) return;
  await rememberVerdict(cacheFolder, key, { ...verdict, photoSecondsPerMegapixel });
}

/**
 * Seconds per result megapixel of the candidate that would be chosen, from what is remembered; runs nothing.
 * Null where it was never measured. Throws what {@link listCandidates} throws.
 */
export async function estimateSecondsPerMegapixel(
  model: RunnableModel,
  { cacheFolder, ...request }: Omit<CandidateRequest, 'model'> & { readonly cacheFolder: string },
): Promise<number | null> {
  for (const group of listCandidates({ ...request, model }).groups) {
    let best: { choice: number; estimate: number } | null = null;
    for (const candidate of group) {
      const verdict = await recallVerdict(cacheFolder, verdictKey(model, candidate));
      if (verdict?.state !== 'passed') continue;
      const choice = verdict.secondsPerMegapixel;
      if (best === null || choice < best.choice) best = { choice, estimate: verdict.photoSecondsPerMegapixel ?? choice };
    }
    if (best !== null) return best.estimate;
  }
  return null;
}
