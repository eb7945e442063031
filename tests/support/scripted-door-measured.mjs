/** What results are measured as: the same for all, but for one that is too large. */
const metrics = {
  lr: { id: 'lr-consistency', label: 'LR-consistency', unit: 'dB', digits: 2, better: 'higher' },
  niqe: { id: 'niqe', label: 'NIQE', unit: '', digits: 3, better: 'lower' },
  source: { id: 'niqe-source', label: 'NIQE of the source', unit: '', digits: 3, better: 'lower' },
};
const evaluation = {
  ...{ width: 4800, height: 3200 },
  measurements: [
    { metric: metrics.lr, value: 31.52, missing: null },
    { metric: metrics.niqe, value: null, missing: 'no-parameters' },
    { metric: metrics.source, value: null, missing: 'too-large' },
  ],
};

/** Measures by knowing already. */
export class ScriptedMeasurements {
  #tell;
  #cards;

  /** @param {Function} tell @param {Map<number, object>} cards of the photos */
  constructor(tell, cards) {
    this.#tell = tell;
    this.#cards = cards;
  }

  get calls() {
    return {
      evaluation: { measure: () => evaluation, cancel: () => undefined },
      batchEvaluation: {
        measure: (ids) => {
          const measured = ids.map((id) => this.#cards.get(id)).filter(({ result }) => result !== null);
          for (const [index, card] of measured.entries()) {
            const { id: photo, path: source, result } = card;
            const latest = { ...{ photo, evaluation, source, reference: null, problem: null }, result: result.path };
            this.#tell('batchEvaluationProgress', { done: index + 1, count: measured.length, latest });
          }
        },
        cancel: () => undefined,
        report: () => '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200"/>',
      },
      metrics: { download: () => undefined },
    };
  }
}
