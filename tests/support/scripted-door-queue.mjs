/** A queue that "enhances" by waiting: every seventh photo fails in the middle, the first time. */
const states = ['waiting', 'running', 'done', 'skipped', 'failed', 'cancelled'];
const rows = 12;
const tileStages = ['encoder', 'unet', 'decoder'];
const pixelsPerSecond = 6.2e6;

export const planOf = (card, options) => {
  const scale = options.target.kind === 'scale' ? options.target.scale : 4;
  const [width, height] = [card.width * scale, card.height * scale];
  const { path, fileBytes, format } = card;
  const named = (_, name) => `${options.name.replace('{name}', name).replace('{scale}', String(scale))}.jpg`;
  return {
    photo: { path, fileBytes, format, width: card.width, height: card.height },
    passes: [{ model: 'onestep-photo-x4', scale, width, height }],
    output: path.replace(/([^/]+)\.\w+$/, named),
    estimatedSeconds: (width * height) / pixelsPerSecond,
    estimatedBytes: width * height * 0.25,
    ...{ width, height, rule: { code: 'told', values: { text: '' } }, format: 'jpeg', skip: null },
  };
};

/** Faces as they might lie in any photo, of which one is too small. */
const facesOf = ({ faces, leaveFaces }) => {
  if (!faces) return {};
  const places = [
    { x: 0.22, y: 0.4, side: 0.16, turn: -8 },
    { x: 0.52, y: 0.46, side: 0.2, turn: 3 },
    { x: 0.81, y: 0.3, side: 0.05, turn: 0 },
  ];
  const fates = places.map(({ x, side }) => (side < 0.1 ? 'tooSmall' : leaveFaces?.some((spot) => spot.x === x) ? 'left' : 'restored'));
  const count = (fate) => fates.filter((each) => each === fate).length;
  const counts = { found: 3, restored: count('restored'), left: count('left'), tooSmall: 1, tooLarge: 0 };
  return { faces: { ...counts, fidelity: 0.25, each: places.map((place, index) => ({ ...place, outcome: fates[index] })) } };
};

const failure = {
  code: 'damaged-image',
  message: 'The photo ends in the middle.',
  detail: 'VipsJpeg: premature end of JPEG image',
  advice: 'The file is damaged or incomplete. Copy it again from where it came from.',
};

export class ScriptedQueue {
  #jobs = new Map();
  #order = [];
  #activity = 'idle';
  #revision = 1;
  #timer;
  #options;
  /** All results of a photo, the newest first. @type {Map<number, object[]>} */
  #results = new Map();

  /** @param {{ cards: Map<number, object>, pictures: object, secondsPerPhoto: number, tell: Function }} options */
  constructor(options) {
    this.#options = options;
  }

  get state() {
    const counts = Object.fromEntries(states.map((state) => [state, 0]));
    for (const job of this.#jobs.values()) counts[job.state] += 1;
    const current = this.#find('running');
    const finished = this.#jobs.size - counts.waiting - counts.running;
    const fraction = this.#jobs.size === 0 ? 0 : (finished + (current?.progress?.fraction ?? 0)) / this.#jobs.size;
    const secondsLeft = (1 - fraction) * this.#jobs.size * this.#options.secondsPerPhoto;
    return {
      ...{ revision: this.#revision, activity: this.#activity, counts, fraction, secondsLeft, pixelsPerSecond, pace: 1 },
      run: { total: this.#jobs.size, ...counts },
      currentJobId: current?.id ?? null,
    };
  }

  ids = (wanted) => (wanted.length === 0 ? this.#order : this.#order.filter((id) => wanted.includes(this.#jobs.get(id).state)));
  cards = (ids) => ids.flatMap((id) => this.#jobs.get(id) ?? []);
  jobOf = (result) => [...this.#jobs.values()].find(({ resultId }) => resultId === result) ?? null;

  resultsOf = (photoId) => this.#results.get(photoId) ?? [];

  enqueue(ids, options) {
    const added = ids.map((photoId) => {
      const card = this.#options.cards.get(photoId);
      const nothing = { progress: null, problem: null, reason: null, report: null, resultId: null, resultVersion: null };
      const job = { id: `job-${this.#jobs.size}-${photoId}`, source: card.path, photoId, state: 'waiting', options };
      this.#jobs.set(job.id, Object.assign(job, nothing, { plan: planOf(card, options) }));
      this.#order.push(job.id);
      return job;
    });
    for (const job of added) this.#change(job, {});
    this.#revision += 1;
    if (this.#activity !== 'paused') this.resume();
    return added.map(({ id }) => id);
  }

  resume() {
    this.#activity = 'running';
    this.#step();
  }

  pause(now) {
    const running = this.#find('running');
    this.#activity = now || running === undefined ? 'paused' : 'pausing';
    if (now) clearTimeout(this.#timer);
    if (now && running !== undefined) this.#change(running, { state: 'waiting', progress: null });
    this.#tell();
  }

  interrupt() {
    clearTimeout(this.#timer);
    this.#activity = 'interrupted';
    this.#tell();
  }

  cancel(ids) {
    for (const job of this.cards(ids)) this.#change(job, { state: 'cancelled', progress: null });
    this.#step();
  }

  retry(ids) {
    for (const job of this.cards(ids)) this.#change(job, { state: 'waiting', problem: null, isRetried: true });
    this.resume();
  }

  move(ids, before) {
    const rest = this.#order.filter((id) => !ids.includes(id));
    rest.splice(before === null ? rest.length : rest.indexOf(before), 0, ...ids);
    this.#list(rest);
  }

  clear(ids) {
    const over = this.cards(ids ?? this.#order).filter(({ state }) => state !== 'waiting' && state !== 'running');
    for (const { id } of over) this.#jobs.delete(id);
    this.#list(this.#order.filter((id) => this.#jobs.has(id)));
  }

  close() {
    clearTimeout(this.#timer);
  }

  #find(state) {
    return this.#order.map((id) => this.#jobs.get(id)).find((job) => job.state === state);
  }

  #list(order) {
    this.#order = order;
    this.#revision += 1;
    this.#tell();
  }

  #tell() {
    this.#options.tell('queueChanged', this.state);
  }

  #change(job, patch) {
    Object.assign(job, patch);
    const { cards, tell } = this.#options;
    const card = { ...cards.get(job.photoId), state: job.state === 'cancelled' ? 'new' : job.state, jobId: job.id };
    const { output: path, width, height } = job.plan;
    if (job.state === 'done') {
      card.result = { id: job.resultId, path, version: '1', width, height };
      this.#results.set(job.photoId, [card.result, ...this.resultsOf(job.photoId)]);
    }
    cards.set(job.photoId, card);
    tell('jobsChanged', [job]);
    tell('photosChanged', [card]);
    this.#tell();
  }

  #step() {
    clearTimeout(this.#timer);
    const job = this.#find('running') ?? this.#next();
    if (job === undefined) {
      if (this.#activity !== 'interrupted') this.#activity = this.#find('waiting') === undefined ? 'idle' : 'paused';
      this.#tell();
      return;
    }
    const { secondsPerPhoto, tell } = this.#options;
    const done = (job.progress?.tiles.length ?? 0) + 1;
    if (job.photoId % 7 === 5 && done > 4 && job.isRetried !== true) {
      this.#change(job, { state: 'failed', progress: null, problem: failure });
    } else if (done > rows) {
      const { width, height, estimatedBytes: fileBytes } = job.plan;
      const { output, photo, passes, format } = job.plan;
      const sizes = { sourceWidth: photo.width, sourceHeight: photo.height, width, height, fileBytes };
      const how = { passes, format, quality: 95, provider: 'cpu', precision: 'int8', strength: 0.75 };
      const seconds = { total: secondsPerPhoto, decode: 0.1, enhance: secondsPerPhoto - 0.2, encode: 0.1 };
      const report = {
        source: job.source,
        output,
        ...sizes,
        ...how,
        seconds,
        lost: [],
        notices: [],
        kept: [],
        converted: [],
        ...facesOf(job.options),
      };
      this.#change(job, {
        state: 'done',
        progress: null,
        resultId: this.#options.pictures.add(job.photoId, width / this.#options.cards.get(job.photoId).width),
        resultVersion: '1',
        report,
      });
    } else {
      const tiles = Array.from({ length: done }, (_, row) => ({ left: 0, top: row / rows, width: 1, height: 1 / rows }));
      const secondsLeft = (1 - done / rows) * secondsPerPhoto;
      const tileStage = tileStages[done % 3];
      const face = job.options.faces && done <= 3 ? { face: { number: done, count: 3 } } : {};
      job.progress = {
        fraction: done / rows,
        stage: 'enhance',
        provider: 'cpu',
        pixelsPerSecond,
        secondsLeft,
        tiles,
        pass: 0,
        passes: 1,
        tileStage,
        ...face,
      };
      tell('jobProgress', job.id, job.progress);
      this.#tell();
    }
    this.#timer = setTimeout(() => this.#step(), (secondsPerPhoto * 1000) / rows);
  }

  #next() {
    const next = this.#activity === 'running' ? this.#find('waiting') : undefined;
    if (next !== undefined) this.#change(next, { state: 'running', progress: null });
    return next;
  }
}
