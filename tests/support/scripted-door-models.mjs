import { catalogue, devices, importedModel, models } from './scripted-door-tables.mjs';

const stepMs = 500;

/**
 * Models that are installed by waiting. Files whose names begin with "bad" are refused; those of folders take longer. The first download of
 * a model, and its first trial in 8 bits, go on until they are cancelled, however slow the computer is that looks at them.
 */
export class ScriptedModels {
  #tell;
  #models = [...models];
  /** Id of the catalogue → ends its download. */
  #downloads = new Map();
  #begun = new Set();
  #importEnded = false;
  #trialEnded = false;

  constructor(tell) {
    this.#tell = tell;
  }

  get calls() {
    return {
      models: {
        list: () => this.#models,
        import: (paths) => this.#importAll(paths),
        cancelImport: () => {
          this.#importEnded = true;
        },
        quantise: (id) => this.#quantise(id),
        cancelQuantise: () => {
          this.#trialEnded = true;
        },
        remove: (id) => {
          this.#change(this.#models.filter((model) => model.id !== id));
        },
        test: () => devices,
        devices: () => devices,
      },
      catalogue: {
        list: () => catalogue.map((entry) => ({ ...entry, installed: this.#installed(entry.id), progress: null })),
        download: (id) => this.#download(id),
        cancel: (id) => this.#downloads.get(id)?.(),
      },
    };
  }

  async #quantise(id) {
    this.#trialEnded = false;
    const isHeld = this.#isFirst(`trial ${id}`);
    for (let step = 0; (isHeld || step < 6) && !this.#trialEnded; step += 1) {
      this.#tell('quantiseProgress', id, Math.min(5, step) / 6);
      await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
    this.#tell('quantiseProgress', id, null);
    if (this.#trialEnded) throw new Error('cancelled');
    const quantised = (model) => ({ ...model, quantisable: false, precisions: ['fp32', 'int8'] });
    this.#change(this.#models.map((model) => (model.id === id ? quantised(model) : model)));
    const why = { code: 'quantise.kept', values: { db: 47.1, times: 2.7, least: 46 } };
    return { model: id, kept: true, why, agreementDb: 47.1, worstDb: 44, timesAsFast: 2.7, seconds: 3 };
  }

  #isFirst(work) {
    const isFirst = !this.#begun.has(work);
    this.#begun.add(work);
    return isFirst;
  }

  #installed(id) {
    return this.#models.some((model) => model.id === id) ? id : null;
  }

  #change(list) {
    this.#models = list;
    this.#tell('modelsChanged', list);
  }

  async #download(id) {
    const { name } = catalogue.find((entry) => entry.id === id);
    const model = importedModel(id, name);
    const isHeld = this.#isFirst(`download ${id}`);
    let ended = false;
    this.#downloads.set(id, () => {
      ended = true;
    });
    for (let part = 0; (isHeld || part < 8) && !ended; part += 1) {
      this.#tell('downloadProgress', id, { stage: 'download', receivedBytes: Math.min(7, part) * 300_000, totalBytes: 2_400_000 });
      await new Promise((resolve) => setTimeout(resolve, stepMs));
    }
    this.#tell('downloadProgress', id, null);
    if (ended) throw new Error('cancelled');
    this.#change([...this.#models, model]);
    return model;
  }

  async #importAll(paths) {
    const steps = paths.every((path) => path.includes('.')) ? 1 : 8;
    this.#importEnded = false;
    try {
      for (let step = 0; step < steps; step += 1) {
        this.#tell('importProgress', step / steps);
        await new Promise((resolve) => setTimeout(resolve, stepMs));
        if (this.#importEnded) throw new Error('cancelled');
      }
      return paths.map((path) => this.#import(path));
    } finally {
      this.#tell('importProgress', null);
    }
  }

  #import(path) {
    const source = path
      .split('/')
      .at(-1)
      .replace(/\.[a-z]+$/, '');
    if (source.startsWith('bad')) {
      const problem = {
        code: 'unsupported-model',
        message: `${source} is of a kind that Onestep does not know.`,
        advice: 'Choose another.',
      };
      return { source, model: null, kind: null, problem, seconds: 0.1 };
    }
    const model = importedModel(source, source);
    this.#change([...this.#models, model]);
    return { source, model, kind: 'ONNX', problem: null, seconds: 0.1 };
  }
}
