/** Whether node_modules holds what package-lock.json asks for. Plain JavaScript without dependencies: nothing is installed yet. */
import process from 'node:process';

/**
 * One package as package-lock.json and npm's own record in node_modules describe it.
 * @typedef {{ version?: string, link?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lock
 * @typedef {{ os: string, cpu: string, libc: string | undefined }} Machine
 */

/** @returns {string | undefined} `glibc` or `musl` on Linux, as package-lock.json says it; undefined elsewhere */
function cLibrary() {
  if (process.platform !== 'linux') return undefined;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/**
 * Whether a package of the lock file is meant for `machine`: its os, cpu and libc lists name it or are absent.
 * @param {LockEntry} entry
 * @param {Machine} machine
 */
function isFor(entry, machine) {
  /** @type {(list: string[] | undefined, value: string | undefined) => boolean} */
  const names = (list, value) => list === undefined || value === undefined || list.includes(value);
  return names(entry.os, machine.os) && names(entry.cpu, machine.cpu) && names(entry.libc, machine.libc);
}

/**
 * Compares package-lock.json with npm's own record of what lies in node_modules (`node_modules/.package-lock.json`).
 * @param {Lock} lock
 * @param {Lock | null} installed null: there is no record
 * @param {Machine} machine
 * @returns {string | null} why an installation is needed, or null
 */
export function installReason(lock, installed, machine = { os: process.platform, cpu: process.arch, libc: cLibrary() }) {
  if (installed === null) return 'packages are not installed yet';
  for (const [place, entry] of Object.entries(lock.packages)) {
    if (place === '' || entry.link === true) continue;
    const found = installed.packages[place];
    if (found === undefined) {
      const neededHere = entry.optional !== true || (entry.os !== undefined && isFor(entry, machine));
      if (neededHere) return `${place} is missing`;
    } else if (found.version !== entry.version) {
      return `${place} is ${found.version}, not ${entry.version}`;
    }
  }
  const extra = Object.keys(installed.packages).find((place) => lock.packages[place] === undefined);
  return extra === undefined ? null : `${extra} is no longer wanted`;
}
