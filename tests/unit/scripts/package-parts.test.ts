import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grown, sizeBudgets } from '../../../scripts/package-contents.mjs';
import { packageTarget, visualRuntime } from '../../../scripts/package-parts.mjs';

const windowsLibraries = join(import.meta.dirname, '../../../node_modules/onnxruntime-node/bin/napi-v6/win32');

describe('packages', () => {
  const host = { platform: 'linux', arch: 'x64' } as const;

  it.each([
    { words: [], target: { platform: 'linux', arch: 'x64' } },
    { words: ['--linux', 'dir', '--arm64'], target: { platform: 'linux', arch: 'arm64' } },
    { words: ['--win', '-c.x=y'], target: { platform: 'win32', arch: 'x64' } },
    { words: ['--mac', '--arm64'], target: { platform: 'darwin', arch: 'arm64' } },
  ])('are for what $words asks for', ({ words, target }) => expect(packageTarget(words, host)).toEqual(target));

  it('are not made for what ONNX Runtime is not built for', () => {
    expect(() => packageTarget(['--mac', '--x64'], host)).toThrow('Intel');
    expect(() => packageTarget([], { platform: 'freebsd', arch: 'x64' })).toThrow('freebsd');
    expect(() => packageTarget([], { platform: 'linux', arch: 'ia32' })).toThrow('ia32');
  });

  it.each(['x64', 'arm64'])('for Windows %s have all of Microsoft’s runtime that ONNX Runtime imports', (arch) => {
    const files = readdirSync(join(windowsLibraries, arch)).filter((name) => name.startsWith('onnxruntime'));
    const imported = files.flatMap(
      (name) => readFileSync(join(windowsLibraries, arch, name), 'latin1').match(/\b(?:MSVCP|VCRUNTIME|CONCRT|VCOMP)\w*\.dll/gi) ?? [],
    );
    expect(imported.length).toBeGreaterThan(0);
    const names = new Set(imported.map((name) => name.toLowerCase()));
    expect(visualRuntime.map((name) => name.toLowerCase())).toEqual(expect.arrayContaining([...names]));
  });
});

describe('a part that has grown', () => {
  const budget = { native: 60e6, code: 2e6 };

  it('is named from 5 % on, a small one from 1 MB on, and so is one that the budget does not know', () => {
    expect(grown({ native: 62.9e6, code: 2e6 }, budget)).toEqual([]);
    expect(grown({ native: 63.1e6, code: 1e6 }, budget)).toEqual(['native: 63.1 MB, and the budget is 60.0 MB']);
    expect(grown({ native: 60e6, code: 2.9e6 }, budget)).toEqual([]);
    expect(grown({ native: 50e6, code: 3.1e6 }, budget)).toEqual(['code: 3.1 MB, and the budget is 2.0 MB']);
    expect(grown({ native: 1, new: 5e6 }, budget)).toEqual(['new: 5.0 MB, and the budget is 0.0 MB']);
  });

  it('is told of the whole as well', () => {
    const many = { ...budget, more: 1e6 };
    expect(grown({ native: 62.9e6, code: 2.9e6, more: 1.9e6 }, many)).toEqual(['together: 67.7 MB, and the budget is 63.0 MB']);
  });

  it('is looked for in every package that is released', () =>
    expect(Object.keys(sizeBudgets())).toEqual(['darwin-arm64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64']));
});
