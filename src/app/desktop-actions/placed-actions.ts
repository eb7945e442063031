import type { Language } from '../../shared/language.ts';
import type { Condition } from './own-files.ts';

/** How it stands with the actions in one place. */
export interface Found {
  /** A file manager, as it calls itself. */
  readonly name: string;
  /** Whether it is on this computer; what is not there needs no actions. */
  readonly isHere: boolean;
  readonly condition: Condition;
}

/** The actions as one system's file managers have them. */
export interface PlacedActions {
  found(): Promise<readonly Found[]>;
  /** Puts them wherever there is somebody to show them, in place of earlier ones, and nowhere else. */
  put(language: Language): Promise<void>;
  /** Removes them, also where nobody shows them any more. */
  remove(): Promise<void>;
}
