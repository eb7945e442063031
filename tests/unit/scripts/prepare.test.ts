import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeComplaint, sourceDigest } from '../../../scripts/prepare.mjs';

describe('nodeComplaint', () => {
  it.each(['20.20.0', '20.21.3', '22.0.0', '24.1.0'])('accepts %s', (version) => expect(nodeComplaint(version, '20.20')).toBeNull());

  it.each(['20.19.9', '18.20.8', '8.0.0'])('refuses %s and names both versions', (version) => {
    const complaint = nodeComplaint(version, '20.20');
    expect(complaint).toContain('20.20');
    expect(complaint).toContain(version);
  });
});

describe('sourceDigest', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'onestep-digest-'));
    mkdirSync(join(folder, 'src', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'src', 'deep', 'a.ts'), 'one');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('stays the same while nothing changes', () => expect(sourceDigest(folder)).toBe(sourceDigest(folder)));

  it('changes with the content, the name and the number of files and with the lock file', () => {
    const digests = [sourceDigest(folder)];
    const change = (...parts: [path: string, content: string]): void => {
      writeFileSync(join(folder, parts[0]), parts[1]);
      digests.push(sourceDigest(folder));
    };
    change('src/deep/a.ts', 'two');
    change('src/b.ts', '');
    change('package-lock.json', '{}');
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('does not depend on files outside the sources', () => {
    const before = sourceDigest(folder);
    writeFileSync(join(folder, 'README.md'), 'new');
    expect(sourceDigest(folder)).toBe(before);
  });
});
