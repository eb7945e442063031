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
  ])('are for what $words asks for', ({ words, target }) => {
    expect(packageTarget(words, host)).toEqual(target);
  });

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
  it('is named from 5 % on, and so is one that the budget does not know', () => {
    const budget = { models: 10e6, rest: 1e6 };
    expect(grown({ models: 10.4e6, rest: 1e6 }, budget)).toEqual([]);
    expect(grown({ models: 10.6e6, rest: 1e6 }, budget)).toEqual(['models: 10.6 MB, and the budget is 10.0 MB']);
    expect(grown({ models: 1, new: 5e6 }, budget)).toEqual(['new: 5.0 MB, and the budget is 0.0 MB']);
  });

  it('is looked for in every package that is released', () => {
    expect(Object.keys(sizeBudgets())).toEqual(['darwin-arm64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64']);
  });
});
