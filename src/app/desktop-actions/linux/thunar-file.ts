import { isUtf8 } from 'node:buffer';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Language } from '../../../shared/language.ts';
import { Problem } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import type { Launch } from '../launch.ts';
import { writeWhole, type Condition } from '../own-files.ts';
import { commandsIn, emptyActions, wantedCommands, withActions, withoutActions } from './thunar.ts';

/** Thunar's file of a person's own actions. */
export class ThunarFile {
  readonly #path: string;
  readonly #everybodys: readonly string[];

  /**
   * @param config `$XDG_CONFIG_HOME`
   * @param configs `$XDG_CONFIG_DIRS`: where everybody's file is, which a person's own one replaces
   */
  constructor(config: string, configs: readonly string[]) {
    this.#path = join(config, 'Thunar', 'uca.xml');
    this.#everybodys = configs.map((folder) => join(folder, 'Thunar', 'uca.xml'));
  }

  async condition(launch: Launch): Promise<Condition> {
    const text = await textOf(this.#path);
    const found = text === null ? null : commandsIn(text);
    if (found === null || found.size === 0) return 'absent';
    return isDeepStrictEqual(found, wantedCommands(launch)) ? 'same' : 'different';
  }

  /** @throws Problem not-writable where the file is not one that Thunar has written */
  async put(launch: Launch, language: Language): Promise<void> {
    const before = (await this.#own()) ?? (await this.#common());
    const after = withActions(before, launch, language);
    if (after === null) throw this.#notUnderstood();
    await writeWhole(this.#path, after, 0o644);
  }

  async remove(): Promise<void> {
    const before = await this.#own();
    if (before === null || commandsIn(before)?.size === 0) return;
    const after = withoutActions(before);
    if (after === null) throw this.#notUnderstood();
    // What is left when it was ours alone would only keep later versions of everybody's file from being seen.
    if (after === (await this.#common())) await rm(this.#path);
    else await writeWhole(this.#path, after, 0o644);
  }

  /** Null where there is none. */
  async #own(): Promise<string | null> {
    const bytes = await readFile(this.#path).catch(() => null);
    if (bytes === null || bytes.length === 0) return null;
    if (!isUtf8(bytes)) throw this.#notUnderstood();
    return bytes.toString('utf8');
  }

  async #common(): Promise<string> {
    for (const path of this.#everybodys) {
      const text = await textOf(path);
      if (text !== null) return text;
    }
    return emptyActions;
  }

  #notUnderstood(): Problem {
    return new Problem('not-writable', sentence('desktopActions.thunar'), {
      detail: this.#path,
      advice: sentence('desktopActions.thunar.advice'),
    });
  }
}

async function textOf(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch(() => null);
  return bytes !== null && bytes.length > 0 && isUtf8(bytes) ? bytes.toString('utf8') : null;
}
