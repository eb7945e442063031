/** `npm run setup:training`: makes training/.venv and installs training/requirements.txt into it; does nothing when that is done. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PrepareError, root, runProgram } from './prepare.mjs';
import { trainingPython } from './run-tests.mjs';
import { installCommand, systemParts } from './system-packages.mjs';

const oldest = [3, 10];
const probe = `import sys, ensurepip, venv; sys.exit(0 if sys.version_info[:2] >= (${oldest.join(', ')}) else 1)`;

/**
 * Runs a program and shows its errors only when it fails: pip warns at length about every index that it cannot reach.
 * @param {string[]} command
 * @returns {boolean}
 */
function succeeds([program = '', ...parameters]) {
  const { status, stderr } = spawnSync(program, parameters, { stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
  if (status !== 0) console.error(stderr);
  return status === 0;
}

/** @returns {string[]} how a fitting Python is started on this machine */
function findPython() {
  const candidates = [['python3'], ['python'], ['py', '-3']];
  const found = candidates.find(([program = '', ...more]) => spawnSync(program, [...more, '-c', probe]).status === 0);
  if (found !== undefined) return found;
  const command = installCommand(systemParts.python);
  throw new PrepareError(
    `The training kit needs Python ${oldest.join('.')} or newer with its venv module, found as python3, python or py -3${command === null ? '' : `: ${command}`}.`,
  );
}

await runProgram(() => {
  const folder = join(root, 'training', '.venv');
  const requirements = join(root, 'training', 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = join(folder, '.requirements');
  if (trainingPython() !== null && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    console.log('training/.venv is up to date.');
    return;
  }
  if (trainingPython() === null && !succeeds([...findPython(), '-m', 'venv', folder])) {
    throw new PrepareError('training/.venv could not be made; what Python said stands above.');
  }
  console.log('Installing the training kit’s packages into training/.venv; PyTorch is large, this takes some minutes …');
  const python = trainingPython();
  const pip = ['-m', 'pip', 'install', '--quiet', '--retries', '2', '--disable-pip-version-check', '-r', requirements];
  if (python === null || !succeeds([python, ...pip])) {
    throw new PrepareError(
      'pip could not install training/requirements.txt; what it said stands above. It needs the network and about 2 GB.',
    );
  }
  writeFileSync(stamp, wanted);
  console.log('training/.venv is ready.');
});
