/** What the contracts in src/shared are made of; whoever may import them may import these. */
const contractPackages = ['zod', 'birpc'];

/**
 * Who may import what: the table of docs/architecture.md, row by row. A folder may import itself, the folders and packages
 * named here and, where `node` says so, Node's own modules; everything else is refused, whether it is installed or not.
 */
const table = {
  shared: { folders: [], packages: [], node: false },
  engine: { folders: ['shared'], packages: ['onnxruntime-node', 'onnxruntime-common', 'sharp', 'libheif-js', 'yauzl'], node: true },
  convert: { folders: ['shared'], packages: ['@bufbuild/protobuf', 'yauzl'], node: true },
  'engine-host': { folders: ['engine', 'convert', 'shared'], packages: [], node: true },
  app: { folders: ['shared'], packages: ['undici'], node: true },
  main: { folders: ['app', 'shared'], packages: ['electron', 'electron-store', 'electron-updater'], node: true },
  web: { folders: ['app', 'shared'], packages: ['ws', 'conf', 'open'], node: true },
  cli: { folders: ['app', 'shared'], packages: ['commander'], node: true },
  preload: { folders: ['shared'], packages: ['electron'], node: false },
  renderer: {
    folders: ['shared'],
    packages: ['svelte', 'bits-ui', '@lucide/svelte', 'openseadragon'],
    node: false,
  },
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

module.exports = {
  forbidden: [
    ...Object.entries(table).flatMap(rulesOf),
    {
      name: 'known-folders',
      comment: 'A new folder under src gets a row in the table first.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${anyOf(Object.keys(table))}/` },
      to: {},
    },
    {
      name: 'no-cycles',
      comment: 'Arrows only point down.',
      severity: 'error',
      from: {},
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
