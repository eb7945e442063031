/** What the main process and a utility process of the stand-in say to each other. */
export type ToUtility =
  | { readonly kind: 'message'; readonly content: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'port'; readonly id: number; readonly content: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'close'; readonly id: number };

export type FromUtility =
  | { readonly kind: 'message'; readonly content: unknown }
  | { readonly kind: 'post'; readonly id: number; readonly content: unknown; readonly ports: readonly number[] }
  | { readonly kind: 'close'; readonly id: number };

/** How a utility process is told what it is, in the environment. */
export const factsVariable = 'STANDIN_UTILITY';

export interface UtilityFacts {
  readonly entry: string;
  readonly words: readonly string[];
  readonly executable: string;
  readonly version: string;
}
