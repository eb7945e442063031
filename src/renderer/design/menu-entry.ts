import type { Component } from 'svelte';

/** A line of a menu; `separator` stands for the line between groups. */
export type MenuEntry =
  | 'separator'
  | {
      readonly label: string;
      readonly icon?: Component | undefined;
      /** As on the keyboard, such as Del. */
      readonly keys?: string | undefined;
      readonly disabled?: boolean;
      readonly danger?: boolean | undefined;
      readonly run: () => void;
    };
