/** Chromium's switches, from the command line and from `app.commandLine`. */
export const switches = new Map<string, string>();

for (const word of process.argv.slice(1)) {
  const [, name, value = ''] = /^--([a-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (name !== undefined) switches.set(name, value);
}

/** Those that the stand-in decides itself, or that mean something else to plain Chromium. */
const own = new Set([
  'disable-features',
  'enable-features',
  'headless',
  'inspect',
  'inspect-brk',
  'no-sandbox',
  'remote-debugging-pipe',
  'remote-debugging-port',
  'user-data-dir',
]);

const quiet = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-startup-window',
  '--password-store=basic',
  '--remote-debugging-pipe',
];

/** The words that Chromium is started with; everything else that was asked for goes along. */
export function chromiumWords(profile: string, headed: boolean): string[] {
  const port = switches.get('remote-debugging-port');
  const asked = [...switches].filter(([name]) => !own.has(name));
  return [
    ...(headed ? [] : ['--headless']),
    ...quiet,
    ...(port === undefined ? [] : [`--remote-debugging-port=${port}`]),
    `--user-data-dir=${profile}`,
    ...asked.map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`)),
  ];
}
