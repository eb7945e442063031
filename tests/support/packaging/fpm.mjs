#!/usr/bin/env node
/**
 * The part of fpm that electron-builder needs for a .deb, done by dpkg-deb: fpm itself comes from a server that not every machine
 * can reach. `CUSTOM_FPM_PATH` names this file. The package is not compressed.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';

/** Switches that stand alone; every other one is followed by its value. */
const alone = new Set(['--force', '--verbose', '--debug']);

/** @param {readonly string[]} words */
function read(words) {
  const values = /** @type {Map<string, string[]>} */ (new Map());
  const files = /** @type {{ from: string, to: string }[]} */ ([]);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (alone.has(word)) continue;
    if (word.startsWith('-')) {
      const name = word.replace(/^-+/, '');
      index += 1;
      values.set(name, [...(values.get(name) ?? []), words[index] ?? '']);
    } else {
      const [from = '', to = ''] = word.split('=');
      files.push({ from, to });
    }
  }
  return {
    all: (/** @type {string} */ name) => values.get(name) ?? [],
    one: (/** @type {string} */ name) => values.get(name)?.[0] ?? '',
    files,
  };
}

/** @type {(heading: string, value: string) => string[]} */
const line = (heading, value) => (value === '' ? [] : [`${heading}: ${value}`]);

/** @param {ReturnType<typeof read>} asked @param {number} kilobytes installed */
function control({ all, one }, kilobytes) {
  const [short = '', ...long] = one('description').split('\n');
  return [
    `Package: ${one('name')}`,
    `Version: ${one('version')}`,
    `Architecture: ${one('architecture')}`,
    `Maintainer: ${one('maintainer')}`,
    `Installed-Size: ${kilobytes}`,
    ...line('Depends', all('d').join(', ')),
    ...line('Recommends', all('deb-recommends').join(', ')),
    `Section: ${one('category') || 'graphics'}`,
    `Priority: ${one('deb-priority')}`,
    `Homepage: ${one('url')}`,
    `Description: ${short.trim()}`,
    ...long.map((text) => ` ${text.trim() || '.'}`),
    '',
  ].join('\n');
}

const asked = read(process.argv.slice(2));
if (asked.one('t') !== 'deb') throw new Error(`Only .deb packages are made here, not ${asked.one('t')}.`);
const tree = mkdtempSync(join(tmpdir(), 'onestep-deb-'));
try {
  chmodSync(tree, 0o755);
  for (const { from, to } of asked.files) {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    cpSync(from, join(tree, to), { recursive: true, verbatimSymlinks: true });
  }
  const kilobytes = Number(execFileSync('du', ['-sk', tree], { encoding: 'utf8' }).split('\t')[0]);
  const description = join(tree, 'DEBIAN');
  mkdirSync(description);
  writeFileSync(join(description, 'control'), control(asked, kilobytes));
  for (const [option, script] of /** @type {const} */ ([
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ])) {
    writeFileSync(join(description, script), readFileSync(asked.one(option)), { mode: 0o755 });
  }
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, asked.one('package')], { stdio: 'inherit' });
} finally {
  rmSync(tree, { recursive: true, force: true });
}
