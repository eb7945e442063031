/** Makes out/help of docs/user: the pages that the application shows in the browser, without a network. Part of the build. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked } from 'marked';
import { root } from './prepare.mjs';

const source = join(root, 'docs', 'user');
const target = join(root, 'out', 'help');

const style = `
  :root { color-scheme: light dark; }
  body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.6 system-ui, sans-serif; }
  h1, h2 { line-height: 1.2; }
  h2 { margin-top: 2em; }
  table { border-collapse: collapse; }
  th, td { padding: 0.4em 0.8em; border: 1px solid #8888; text-align: left; vertical-align: top; }
  code, pre { font: 14px/1.5 ui-monospace, monospace; }
  pre { padding: 0.8em; border-radius: 6px; background: #8882; overflow-x: auto; }
`;

/** @param {string} text Markdown @returns {string} a page that asks for nothing from anywhere */
function page(text) {
  const [, title = 'Onestep'] = /^# (.+)$/m.exec(text) ?? [];
  const body = marked.parse(text, { async: false }).replaceAll(/(<a href="[\w-]+)\.md"/g, '$1.html"');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<meta name="viewport" content="width=device-width" />
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}</body>
</html>
`;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const name of readdirSync(source).filter((file) => file.endsWith('.md'))) {
  writeFileSync(join(target, name.replace(/md$/, 'html')), page(readFileSync(join(source, name), 'utf8')));
}
