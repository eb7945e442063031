/** What the scripted application begins with. */
export const defaultOptions = {
  target: { kind: 'auto' },
  skipLarger: false,
  model: 'auto',
  strength: null,
  exact: false,
  provider: 'auto',
  tile: 0,
  format: 'same',
  quality: 'match',
  output: null,
  name: '{name}_{scale}x',
  onCollision: 'number',
  background: '#ffffff',
  maxMegapixels: 500,
};

export const defaultSettings = {
  language: 'system',
  theme: 'dark',
  options: defaultOptions,
  presets: [],
  roots: [],
  hidden: [],
  query: {
    search: '',
    states: [],
    formats: [],
    folder: null,
    single: false,
    minMegapixels: null,
    maxMegapixels: null,
    sort: 'name',
    descending: false,
  },
  watchFolders: true,
  enhanceNewPhotos: false,
  skipDone: true,
  resumeAtStart: false,
  notifyWhenDone: true,
  keepAwake: true,
  compareMode: 'wipe',
  cellSide: 220,
  cacheMegabytes: 8192,
  engineProcess: 'auto',
  updates: false,
  fleet: null,
  welcomed: false,
};

export const models = [
  ['onestep-photo-x2', 'Onestep Photo ×2', 2, 'Makes photographs twice as large and clearer, fast on any computer.'],
  ['onestep-photo-x4', 'Onestep Photo ×4', 4, 'Makes photographs four times larger and clearer, fast on any computer.'],
].map(([id, name, scale, summary]) => ({
  id,
  name,
  summary,
  family: 'onestep-photo',
  scale,
  options: ['strength'],
  defaults: { strength: 0.75 },
  credits: [{ author: 'Someone', licence: 'CC0-1.0', source: 'https://example.org/photo.jpg' }],
  precisions: ['int8', 'fp32'],
  author: '',
  experimental: false,
  removable: false,
  quantisable: false,
  faces: null,
  sources: [],
  licence: 'MIT',
  limits: 'Trained on photographs; text and faces that are only a few pixels high are not brought back.',
  folder: `/somewhere/models/${id}`,
  problem: null,
}));

/** One that was imported, and can be removed. */
export const importedModel = (id, name) => ({
  ...{ ...models[0], id, name, summary: 'Repeats pixels.', family: null, options: [], defaults: {}, credits: [], precisions: ['fp32'] },
  ...{ author: 'Somebody', removable: true, quantisable: true, sources: [id], licence: 'CC0-1.0', folder: `/home/someone/models/${id}` },
});

export const catalogue = ['Repeater', 'Doubler', 'General'].map((name) => ({
  // The last is the one that the first page recommends.
  ...{
    id: name === 'General' ? 'realesr-general-x4v3' : name.toLowerCase(),
    name,
    summary: 'Good for tests.',
    scale: 2,
    licence: 'CC0-1.0',
    author: 'Somebody',
    kind: 'onnx',
  },
  purpose: name === 'Repeater' ? 'damaged' : 'drawings',
  files: [{ name: `${name}.onnx`, url: `https://example.org/${name}.onnx`, fileBytes: 2_400_000, sha256: '0'.repeat(64) }],
}));

export const devices = [
  {
    ...{
      provider: 'cpu',
      label: 'Processor',
      device: 'Two cores',
      available: true,
      note: { code: 'told', values: { text: 'Self-test passed.' } },
    },
    ...{ model: 'onestep-photo-x4', precision: 'int8', parityDb: null, secondsPerMegapixel: 0.16 },
  },
  ...[
    ['CUDA', 'The library libcudart.so.13 is not installed.'],
    ['TensorRT', 'The library libnvinfer.so.10 is not installed.'],
    ['Core ML', 'Not available on this kind of computer (linux).'],
    ['WebGPU', `Failed to get an adapter: ${'/usr/lib/x86_64-linux-gnu/libvulkan.so.1/'.repeat(4)}`],
  ].map(([label, text]) => ({
    ...{ provider: label.toLowerCase(), label, device: '', available: false, note: { code: 'told', values: { text } } },
    ...{ model: null, precision: null, parityDb: null, secondsPerMegapixel: null },
  })),
];

const home = '/home/someone';
const entries = (names) => names.map((name) => ({ name, path: `${home}/Pictures/${name}` }));
export const folderListing = (path) => ({
  path: path ?? `${home}/Pictures`,
  parent: home,
  folders: entries(['Island', 'Weddings', '2019']),
  photos: entries(['DSC_1000.jpg', 'DSC_1001.jpg', 'DSC_2900.jpg', 'A long afternoon on the island, the last one 0042.jpg']).map(
    (file, photo) => ({ ...file, photo }),
  ),
  models: entries(['good.onnx', 'bad.pth']),
  certificates: entries(['queue.crt']),
  places: [
    { name: 'Home', path: home },
    { name: 'Pictures', path: `${home}/Pictures` },
  ],
});
