/** A fleet of three computers, for looking at its page: one works, one has trouble, one was told to rest. */
export const fleetWay = {
  queue: 'rediss://nas.home.example:6380',
  user: 'onestep',
  certificate: '/home/someone/queue.crt',
  roots: { nas: '/mnt/nas', weddings: '/mnt/weddings of the last years' },
};

const sentence = (code, values = {}) => ({ code, values });
const problemOf = (code, said, advised) => ({ code, message: said.code, advice: advised.code, said, advised });
const away = problemOf(
  'not-found',
  sentence('fleet.root.unmarked', { folder: 'Z:\\' }),
  sentence('fleet.root.unmarked.advice', { folder: 'Z:\\' }),
);
const unsigned = problemOf('bad-request', sentence('fleet.entry.unsigned', { root: 'weddings' }), sentence('fleet.entry.advice'));
const broken = problemOf('damaged-image', sentence('problem.damaged-image'), sentence('advice.damaged-image'));

const machine = (name, facts) => ({
  ...{ name, version: '0.1.0', state: 'idle', drained: false, device: 'cuda', photos: [], done: 0, failed: 0 },
  ...{ megapixelsPerSecond: 0, photosPerHour: 0, fault: null, problem: null, seen: Date.now() - 4000 },
  ...facts,
});
const photo = (id, facts) => ({
  id,
  source: `nas:2019/Iceland/${id}.jpg`,
  state: 'waiting',
  machine: '',
  fraction: 0,
  problem: null,
  ...facts,
});

/** The calls of the contract that are about a fleet. */
export class ScriptedFleet {
  #tell;
  #settings;
  #paused = false;
  #drained = true;

  constructor(tell, settings) {
    this.#tell = tell;
    this.#settings = settings;
  }

  #connected(fleet) {
    this.#settings.fleet = fleet;
    this.#tell('settingsChanged', this.#settings);
  }

  get calls() {
    return {
      connect: ({ queue, user, certificate, folders }) => {
        this.#connected({ queue, user, certificate, roots: Object.fromEntries(folders.map(({ name, folder }) => [name, folder])) });
      },
      cancelConnecting: () => undefined,
      disconnect: () => {
        this.#connected(null);
      },
      nameOf: () => null,
      view: () => this.#view(),
      add: (ids) => ({ added: ids.length, done: 0, skipped: 0, failed: 0, problem: null }),
      cancelAdding: () => undefined,
      pause: () => {
        this.#paused = true;
      },
      resume: () => {
        this.#paused = false;
      },
      cancel: () => 1204,
      retry: () => 1,
      drain: (_, drained) => {
        this.#drained = drained;
      },
    };
  }

  #view() {
    const names = ['studio-3f9a1c', 'office-under-the-roof-77ab03', 'laptop-20c4e8'];
    const machines = [
      machine(names[0], { state: 'working', photos: ['nas:2019/Iceland/DSC_0411.jpg'], done: 812, megapixelsPerSecond: 14.2 }),
      machine(names[1], { state: 'paused', device: 'cpu', done: 96, megapixelsPerSecond: 0.8, problem: away, fault: away.message }),
      machine(names[2], { state: 'paused', drained: this.#drained, done: 7, seen: Date.now() - 11_000 }),
    ];
    const photos = [
      photo('DSC_0411', { state: 'running', machine: names[0], fraction: 0.62 }),
      photo('DSC_0007', { state: 'failed', machine: names[1], problem: broken }),
      ...['DSC_0412', 'DSC_0413', 'DSC_0414'].map((id) => photo(id, {})),
      ...['DSC_0410', 'DSC_0409'].map((id) => photo(id, { state: 'done', machine: names[0] })),
    ];
    const batch = { batch: '00112233aabbccdd', photos: 1204, added: Date.UTC(2026, 5, 1, 9), cancelled: false };
    const batches = [
      { ...batch, folder: '/mnt/nas/2019' },
      { ...batch, batch: '1', folder: '/mnt/nas/2018', photos: 1, added: 1e12, cancelled: true },
    ];
    const status = { paused: this.#paused, waiting: 391, running: 1, failed: 1, secondsLeft: 1860, machines, batches, photos: [] };
    return { status, photos, troubles: [unsigned], warnings: [sentence('fleet.queue.nearlyFull', { percent: 84 })] };
  }
}
