import type { Component } from 'svelte';
import type { WordKey } from '../words/words.svelte.ts';

/** Something that can be done, and all that the keyboard, menus, toolbars and the help need to know of it. */
export interface Action<Target> {
  /** The key of its name. */
  readonly words: WordKey;
  readonly icon?: Component | undefined;
  /** Any of them does it. Written as `KeyboardEvent.key` has it, after `Mod+` (Ctrl, or ⌘ on a Mac) and `Shift+`. */
  readonly keys?: readonly string[] | undefined;
  /** Whether it can be done now; always, where it is absent. */
  readonly enabled?: (target: Target) => boolean;
  /** Whether it is switched on, for what can be. */
  readonly on?: (target: Target) => boolean;
  readonly danger?: boolean;
  /** The browser makes an event of these keys, which is listened for instead: they are only told of here. */
  readonly byEvent?: boolean;
  /** `shift`: Shift was held, which does not make it another key. */
  readonly run: (target: Target, shift: boolean) => void;
  /** Ends what lasts only as long as the key is held. */
  readonly release?: (target: Target) => void;
}

export type ActionTable<Target> = Readonly<Record<string, Action<Target>>>;

export const isEnabled = <Target>({ enabled }: Action<Target>, target: Target): boolean => enabled?.(target) ?? true;

/** A table of things that are done to one target; each row keeps its name. */
export const table =
  <Target>() =>
  <Table extends ActionTable<Target>>(rows: Table): { readonly [Name in keyof Table]: Action<Target> } =>
    rows;
