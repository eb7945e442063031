/** What was asked of the desktop and not really done, for tests to look at: `electron._standin.calls`. */
export interface RecordedCall {
  readonly name: string;
  readonly words: readonly unknown[];
}

export const calls: RecordedCall[] = [];

export function record(name: string, ...words: unknown[]): void {
  calls.push({ name, words });
}

/** An event that a listener may prevent. */
export interface PreventableEvent {
  defaultPrevented: boolean;
  preventDefault(): void;
  readonly [more: string]: unknown;
}

export function preventable(more: Record<string, unknown> = {}): PreventableEvent {
  return {
    ...more,
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true;
    },
  };
}
