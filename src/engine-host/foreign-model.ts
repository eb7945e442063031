import type { Manifest } from '../shared/manifest.ts';
import type { WorkWatch } from '../shared/work-watch.ts';

/** Something that is imported as one model. */
export interface ForeignModel {
  /** Of its file or folder, without an ending. */
  readonly name: string;
  /** What the model is called that is made of it, unless a person says otherwise. */
  readonly title: string;
  /** Writes graphs and weights into an empty folder. Throws a Problem for whatever is wrong with the files. */
  convert(folder: string, watch: WorkWatch): Promise<Converted>;
}

export interface Converted {
  /** What it was recognised as. */
  readonly kind: string;
  readonly scale: number;
  /** The files that it was made of. */
  readonly sources: readonly { readonly file: string; readonly sha256: string }[];
  /** What else the model depends on; null where the files decide everything. */
  readonly recipe: Readonly<Record<string, unknown>> | null;
  /** Measures what was converted and writes the manifest. */
  finish(identity: Identity, watch: WorkWatch): Promise<Manifest>;
}

/** What every manifest of an imported model says. */
export interface Identity {
  readonly schema: 1;
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly experimental: boolean;
  readonly card: Manifest['card'];
}
