/** What the launcher and this start of the stand-in are; read once, before anything else. */
export interface BootFacts {
  /** The file that stands where Electron's executable does. */
  readonly executable: string;
  /** The Node that really runs. */
  readonly node: string;
  /** Electron's version. */
  readonly version: string;
}

const place = globalThis as { standinBoot?: BootFacts };

export function rememberBoot(facts: BootFacts): void {
  place.standinBoot = facts;
}

export function bootFacts(): BootFacts {
  const facts = place.standinBoot;
  if (facts === undefined) throw new Error('The stand-in was not started by its launcher.');
  return facts;
}
