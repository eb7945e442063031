import Module, { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface ResolvingModule {
  _resolveFilename: (this: unknown, request: string, ...more: unknown[]) => string;
}

/** `electron` means the stand-in, for `require` and for `import`, without touching node_modules or the built application. */
export function installResolveHook(): void {
  const file = join(import.meta.dirname, 'electron.cjs');
  const names = ['electron', 'electron/main'];
  const module = Module as unknown as ResolvingModule;
  const { _resolveFilename: resolveFilename } = module;
  module._resolveFilename = function (request, ...more) {
    return names.includes(request) ? file : resolveFilename.call(this, request, ...more);
  };
  const hook = `
    const names = ${JSON.stringify(names)};
    const answer = { url: ${JSON.stringify(pathToFileURL(file).href)}, format: 'commonjs', shortCircuit: true };
    export async function resolve(name, context, next) { return names.includes(name) ? answer : next(name, context); }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
