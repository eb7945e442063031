/** What the contracts in src/shared are made of; whoever may import them may import these. */
const contractPackages = ['zod', 'birpc', 'intl-messageformat'];

/**
 * Who may import what: the table of docs/architecture.md, row by row. A folder may import itself, the folders and packages
 * named here and, where `node` says so, Node's own modules; everything else is refused, whether it is installed or not.
 */
const table = {
  shared: { folders: [], packages: [], node: false },
  system: { folders: ['shared'], packages: [], node: true },
  engine: {
    folders: ['system', 'shared'],
    packages: ['onnxruntime-node', 'onnxruntime-common', 'sharp', 'libheif-js', 'jxl-oxide-wasm', 'yauzl', '@xmldom/xmldom'],
    node: true,
  },
  convert: { folders: ['shared'], packages: ['@bufbuild/protobuf', 'yauzl'], node: true },
  import: { folders: ['engine', 'convert', 'system', 'shared'], packages: ['onnxruntime-node'], node: true },
  'engine-host': { folders: ['engine', 'import', 'shared'], packages: [], node: true },
  app: { folders: ['system', 'shared'], packages: ['undici'], node: true },
  fleet: { folders: ['app', 'shared'], packages: ['bullmq', 'ioredis', 'pg'], node: true },
  main: { folders: ['app', 'fleet', 'shared'], packages: ['electron', 'electron-store', 'electron-updater'], node: true },
  web: { folders: ['app', 'fleet', 'shared'], packages: ['ws', 'open'], node: true },
  cli: { folders: ['app', 'fleet', 'shared'], packages: ['commander'], node: true },
  preload: { folders: ['shared'], packages: ['electron'], node: false },
  renderer: {
    folders: ['shared'],
    packages: ['svelte', 'bits-ui', '@lucide/svelte', 'openseadragon'],
    node: false,
  },
};

/** Files of src/app below its rooms. */
const ground = [
  ...['collect-photos.ts', 'csv.ts', 'disk-words.ts', 'door.ts', 'engine-process.ts', 'left-out.ts', 'leftovers.ts'],
  ...['photo-walk.ts', 'processes.ts', 'result-names.ts', 'same-photos.ts', 'supervised-engine.ts', 'turns.ts'],
];

/** The rooms of a folder, and what else inside it each may import. Files beside the rooms may import all of it. */
const rooms = {
  engine: {
    image: [],
    tiff: ['image'],
    containers: ['tiff', 'image'],
    photo: ['containers', 'tiff', 'image'],
    tiles: ['image'],
    runtime: ['image'],
    pipelines: ['runtime', 'tiles', 'tiff', 'image'],
    view: ['scratch.ts', 'photo', 'containers', 'tiff', 'image'],
    evaluate: ['scratch.ts', 'view', 'photo', 'containers', 'tiff', 'image', 'runtime'],
  },
  app: {
    'desktop-actions': ground,
    evaluate: ['models', 'photos', ...ground],
    jobs: ['photos', ...ground],
    library: ['photos', ...ground],
    models: ground,
    photos: ground,
    queue: ['jobs', 'photos', ...ground],
    settings: ground,
  },
  'app/library': { list: [], disk: ['list'] },
};

const anyOf = (names) => `(${names.join('|')})`;

const rulesOf = ([folder, { folders, packages: own, node }]) => {
  const packages = [...contractPackages, ...own];
  const from = { path: `^src/${folder}/` };
  // An import that leads nowhere is for the rule `resolvable`.
  const known = ['^(src|scripts|tests)/', '^[.](?!.*node_modules)', `(^|/)node_modules/${anyOf(packages)}/`, `^${anyOf(packages)}(/|$)`];
  const rules = [
    {
      name: `${folder}-folders`,
      comment: `src/${folder} may import ${folders.map((name) => `src/${name}`).join(', ') || 'no other folder'}.`,
      severity: 'error',
      from,
      to: { path: '^(src|scripts|tests)/', pathNot: `^src/${anyOf([folder, ...folders])}/` },
    },
    {
      name: `${folder}-packages`,
      comment: `Of packages, src/${folder} may import ${packages.join(', ')}.`,
      severity: 'error',
      from,
      to: { pathNot: known, dependencyTypesNot: ['core'] },
    },
  ];
  if (!node) {
    rules.push({
      name: `${folder}-node`,
      comment: `src/${folder} also runs where there is no Node.`,
      severity: 'error',
      from,
      to: { dependencyTypes: ['core'] },
    });
  }
  return rules;
};

const roomRulesOf = ([folder, inside]) => [
  ...Object.entries(inside).map(([room, others]) => ({
    name: `${folder}-${room}`,
    comment: `Of src/${folder}, ${room} may import ${others.join(', ') || 'nothing else'}.`,
    severity: 'error',
    from: { path: `^src/${folder}/${room}/` },
    to: { path: `^src/${folder}/`, pathNot: `^src/${folder}/${anyOf([room, ...others])}(/|$)` },
  })),
  {
    name: `${folder}-rooms`,
    comment: `A new room of src/${folder} gets a row first.`,
    severity: 'error',
    from: { path: `^src/${folder}/[^/]+/`, pathNot: `^src/${folder}/${anyOf(Object.keys(inside))}/` },
    to: {},
  },
];

module.exports = {
  forbidden: [
    ...Object.entries(table).flatMap(rulesOf),
    ...Object.entries(rooms).flatMap(roomRulesOf),
    {
      name: 'known-folders',
      comment: 'A new folder under src gets a row in the table first.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${anyOf(Object.keys(table))}/` },
      to: {},
    },
    {
      name: 'no-cycles',
      comment: 'Arrows only point down, those of types too.',
      severity: 'error',
      from: { path: '^(src|scripts)/' },
      to: { circular: true },
    },
    {
      name: 'no-cycles-in-tests',
      comment: 'The parts of a stand-in may know one another as types.',
      severity: 'error',
      from: { pathNot: '^(src|scripts)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', comment: 'Every import leads somewhere.', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'shipped-packages',
      comment: 'What src imports is a dependency, not a development dependency. Electron is what runs the packaged app.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '/node_modules/|^node_modules/',
        pathNot: 'node_modules/electron/',
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|reports)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['svelte', 'import', 'node', 'default', 'types'] },
  },
};
