import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { rememberBoot } from '../../support/electron-standin/boot-facts.ts';

rememberBoot({ executable: '/electron', node: process.execPath, version: '45.4.1' });
const standin = await import('../../support/electron-standin/electron.ts');
const { app, BrowserWindow, MessageChannelMain, Menu, MenuItem, Notification, session } = standin;

interface Declared {
  readonly members: Set<string>;
  readonly bases: Set<string>;
}

/** Every class and interface of electron.d.ts by its name, and what the main process may import: `namespace Main` and `Common`. */
function readDeclarations(): { readonly types: ReadonlyMap<string, Declared>; readonly modules: ReadonlySet<string> } {
  const path = join(import.meta.dirname, '../../../node_modules/electron/electron.d.ts');
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const types = new Map<string, Declared>();
  const modules = new Set<string>();
  const visit = (node: ts.Node, inMain: boolean): void => {
    if (inMain && ts.isVariableDeclaration(node)) modules.add(node.name.getText(file));
    if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) {
      const name = node.name?.text ?? '';
      if (inMain) modules.add(name);
      const declared = types.get(name) ?? { members: new Set(), bases: new Set() };
      types.set(name, declared);
      for (const member of node.members) if (member.name !== undefined) declared.members.add(member.name.getText(file));
      const bases = node.heritageClauses?.flatMap((clause) => clause.types) ?? [];
      for (const base of bases) if (!inMain) declared.bases.add(base.expression.getText(file));
    }
    const entersMain = ts.isModuleDeclaration(node) && ['Main', 'Common'].includes(node.name.text);
    ts.forEachChild(node, (child) => visit(child, inMain || entersMain));
  };
  visit(file, false);
  return { types, modules };
}

const { types, modules } = readDeclarations();

const knows = (type: string, member: string): boolean => {
  const declared = types.get(type);
  return declared !== undefined && (declared.members.has(member) || [...declared.bases].some((base) => knows(base, member)));
};

const everyEmitter = new Set(Object.getOwnPropertyNames(EventEmitter.prototype));

/** What can be seen of a value, without what is the stand-in's own (`_…`) or every EventEmitter's. */
function visibleNames(value: object): string[] {
  const names = new Set<string>();
  for (let place: unknown = value; place !== null && place !== Object.prototype && place !== Function.prototype;) {
    if (place === EventEmitter.prototype || place === EventEmitter) break;
    for (const name of Object.getOwnPropertyNames(place)) names.add(name);
    place = Object.getPrototypeOf(place);
  }
  const own = new Set(['constructor', 'length', 'name', 'prototype', 'domain', ...Object.getOwnPropertyNames(new EventEmitter())]);
  return [...names].filter((name) => !name.startsWith('_') && !everyEmitter.has(name) && !own.has(name));
}

describe('the stand-in for Electron invents nothing', () => {
  // A window without a browser behind it complains; only its names are looked at.
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  app._started = true;
  const window = new BrowserWindow({ show: false });
  afterAll(() => {
    app._started = false;
    silence.mockRestore();
  });

  it.each([
    ['App', app],
    ['BrowserWindow', window],
    ['BrowserWindow', BrowserWindow],
    ['Dialog', standin.dialog],
    ['IpcMain', standin.ipcMain],
    ['Menu', new Menu()],
    ['Menu', Menu],
    ['MenuItem', new MenuItem({ label: 'x' })],
    ['MessageChannelMain', new MessageChannelMain()],
    ['MessagePortMain', new MessageChannelMain().port1],
    ['NativeTheme', standin.nativeTheme],
    ['Notification', new Notification()],
    ['Notification', Notification],
    ['PowerSaveBlocker', standin.powerSaveBlocker],
    ['Protocol', standin.protocol],
    ['Screen', standin.screen],
    ['Session', session.defaultSession],
    ['Shell', standin.shell],
    ['UtilityProcess', standin.utilityProcess],
    ['WebContents', window.webContents],
    ['WebContents', standin.webContents],
    ['WebFrameMain', window.webContents.mainFrame],
    ['WebRequest', session.defaultSession.webRequest],
  ])('%s', (type, value) => {
    const names = visibleNames(value);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !knows(type, name))).toEqual([]);
  });

  it('has no module that Electron lacks', () => {
    const names = Object.keys(standin).filter((name) => !name.startsWith('_'));
    expect(names.filter((name) => !modules.has(name))).toEqual([]);
  });

  it('would be caught if it did', () => {
    expect(knows('Clipboard', 'readImage')).toBe(false);
    expect(knows('BrowserWindow', 'setProgressBar')).toBe(true);
    expect(modules.has('remote')).toBe(false);
  });
});
