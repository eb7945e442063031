import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { languages, type Language } from '../../../shared/language.ts';
import type { Launch } from '../launch.ts';
import { conditionOf, writeFiles, type OwnFile } from '../own-files.ts';
import type { Found, PlacedActions } from '../placed-actions.ts';
import { verbs } from '../verbs.ts';
import { workflowFiles, workflowFolder } from './workflow.ts';

/** Finder's Quick Actions, in the person's own `~/Library/Services`. */
export class MacActions implements PlacedActions {
  readonly #launch: Launch;
  readonly #services: string;

  constructor(launch: Launch, home: string) {
    this.#launch = launch;
    this.#services = join(home, 'Library', 'Services');
  }

  async found(): Promise<Found[]> {
    const conditions = await Promise.all(languages.map((language) => conditionOf(this.#files(language))));
    const condition = conditions.includes('same') ? 'same' : (conditions[0] ?? 'absent');
    return [{ name: 'Finder', isHere: true, condition }];
  }

  async put(language: Language): Promise<void> {
    await writeFiles(this.#files(language));
    await this.#announce();
  }

  async remove(): Promise<void> {
    for (const verb of verbs) await rm(workflowFolder(this.#services, verb), { recursive: true, force: true });
    await this.#announce();
  }

  #files(language: Language): OwnFile[] {
    return verbs.flatMap((verb) => workflowFiles(this.#services, verb, this.#launch, language));
  }

  /** The system looks for services when somebody logs in; this makes it look now. */
  async #announce(): Promise<void> {
    await promisify(execFile)('/System/Library/CoreServices/pbs', ['-update']).catch(() => undefined);
  }
}
