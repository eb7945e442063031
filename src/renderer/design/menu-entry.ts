import type { Component } from 'svelte';

/** A line of a menu; `separator` stands for the line between groups. */
export type MenuEntry =
  | 'separator'
  | {
      readonly label: string;
      readonly icon?: Component;
      /** As on the keyboard, such as Del. */
      readonly keys?: string;
      readonly disabled?: boolean;
      readonly danger?: boolean;
      readonly run: () => void;
    };
