import * as z from 'zod';
import type { EvaluationRequest } from '../../shared/evaluation.ts';
import type { EngineCalls } from '../../shared/engine-protocol.ts';
import { renderDriftMap } from './drift-map.ts';
import { evaluateResult, type EvaluationWatch } from './evaluate.ts';
import { LearnedMetrics } from './learned-metrics.ts';

interface EvaluateCalls {
  evaluate(request: EvaluationRequest, watch: Omit<EvaluationWatch, 'learned'>): ReturnType<EngineCalls['evaluate']>;
  driftMap(result: string, source: string, edge: number, temporaryFolder: string): ReturnType<EngineCalls['driftMap']>;
}

const path = z.string().min(1);
const requestSchema = z.strictObject({ result: path, reference: path.nullable(), source: path.nullable(), metricsFolder: path });
const edge = z.int().min(1).max(65_535);

/** The calls that measure results. What comes from another process is checked; a mistake in it is a bug there. */
export function createEvaluateCalls(): EvaluateCalls {
  const learned = new LearnedMetrics();
  return {
    evaluate: async (request, watch) => evaluateResult(requestSchema.parse(request), { ...watch, learned }),
    driftMap: async (result, source, most, temporaryFolder) =>
      renderDriftMap({ result: path.parse(result), source: path.parse(source) }, edge.parse(most), temporaryFolder),
  };
}
