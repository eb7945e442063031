import * as z from 'zod';
import type { FacesReport } from './faces.ts';
import type { Dials } from './options.ts';
import type { OutputFormat } from './output-formats.ts';
import type { ProblemData } from './problem.ts';
import type { Sentence } from './sentence.ts';

/** What the engine process is given and answers; the calls are the table in protocol/engine.ts. */

export interface EngineSettings {
  /** Folders that hold model folders; the first one that has an id wins, and imported models go into the last one. */
  readonly modelFolders: readonly string[];
  /** Where verdicts about providers are remembered. */
  readonly cacheFolder: string;
  /** Where intermediate strips go; needs room for the uncompressed result. */
  readonly temporaryFolder: string;
  /** Threads for inference; said explicitly because too many are slower than too few. */
  readonly threads: number;
}

/** The folder that imported models go into; null where there is none at all. */
export const importedModelsFolder = ({ modelFolders }: Pick<EngineSettings, 'modelFolders'>): string | null => modelFolders.at(-1) ?? null;

export interface PhotoFacts {
  readonly path: string;
  readonly fileBytes: number;
  /** Decided by the file's bytes: jpeg, png, webp, tiff, avif, heic, gif, jxl. */
  readonly format: string;
  /** Upright size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly bits: 8 | 16;
  /** As stored: rgb, grey, cmyk, lab. */
  readonly colour: string;
  readonly profile: string | null;
  readonly alpha: boolean;
  readonly orientation: number;
  /** Dots per inch across, before the picture is turned, and down where it differs. */
  readonly dpi: number | null;
  readonly dpiDown?: number;
  readonly frames: number;
  /** Estimated from the quantisation tables; null where lossless or unknown. */
  readonly quality: number | null;
  readonly metadata: readonly string[];
  /** What a person should know of the photo before it is enhanced. */
  readonly notes?: readonly Sentence[] | undefined;
}

/** Where the pixels of a zoom pyramid are. */
export interface Pyramid {
  /** The photo's upright size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly tileSide: number;
  /** Level 0 is the smallest; the last one has every pixel. */
  readonly levels: readonly { readonly width: number; readonly height: number }[];
}

/** One use of a model, or the final resampling (`model` null). Sizes are those it produces. */
export interface Pass {
  readonly model: string | null;
  readonly scale: number;
  readonly width: number;
  readonly height: number;
}

export interface Plan {
  readonly photo: PhotoFacts;
  readonly width: number;
  readonly height: number;
  readonly passes: readonly Pass[];
  /** Why these passes. */
  readonly rule: Sentence;
  readonly format: OutputFormat;
  readonly output: string;
  /** Not null: nothing will be done, and why. */
  readonly skip: Sentence | null;
  /** The models that find and restore its faces, where that was asked for. */
  readonly faces?: readonly string[];
  readonly estimatedSeconds: number | null;
  readonly estimatedBytes: number;
}

/** The graphs that a tile of a one-step model goes through, in order. */
export type TileStage = 'encoder' | 'unet' | 'decoder';

export interface Progress {
  /** 0…1 over all passes. */
  readonly fraction: number;
  readonly stage: 'decode' | 'enhance' | 'encode' | 'verify';
  /** Where the model runs; absent until that is settled (a driver can take its process down before). */
  readonly provider?: string | undefined;
  /** Result pixels per second over the job so far. */
  readonly pixelsPerSecond: number;
  readonly secondsLeft: number | null;
  /** For models of several graphs, the one at work on a tile. */
  readonly tileStage?: TileStage | undefined;
  /** While faces are restored, before the passes: the one at work, counted from 1, of so many. */
  readonly face?: { readonly number: number; readonly count: number } | undefined;
  /** The model at work, counted from 0 over the plan's passes. */
  readonly pass?: number | undefined;
  /** The tile just finished, in result pixels of the current pass. */
  readonly tile?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number } | undefined;
}

/** Something a person should know about a job that went on all the same. */
export interface Notice {
  readonly code:
    'provider-fallback' | 'smaller-tile' | 'tile-recomputed' | 'converted' | 'lost' | 'retried' | 'not-synced' | 'scratch-left';
  readonly message: Sentence;
}

/** With what was used of the dials that the model takes. */
export interface JobReport extends Dials {
  readonly source: string;
  readonly status: 'done' | 'skipped';
  readonly output: string | null;
  readonly reason?: Sentence | undefined;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly width: number;
  readonly height: number;
  readonly fileBytes: number;
  readonly format: OutputFormat;
  readonly quality: number | null;
  readonly passes: readonly Pass[];
  readonly rule: Sentence;
  readonly provider: string;
  readonly precision: string;
  /** Absent where faces were left as they are. */
  readonly faces?: FacesReport | undefined;
  /** Names of what went with the picture unchanged, what was converted and how, what could not be kept and why. */
  readonly kept: readonly Sentence[];
  readonly converted: readonly Sentence[];
  readonly lost: readonly Sentence[];
  readonly notices: readonly Notice[];
  readonly seconds: {
    readonly total: number;
    readonly decode: number;
    readonly enhance: number;
    readonly inference: number;
    readonly encode: number;
  };
}

export interface DeviceReport {
  readonly provider: string;
  readonly label: string;
  readonly device: string;
  readonly available: boolean;
  /** Why not, or what the self-test said. */
  readonly note: Sentence;
  readonly model: string | null;
  readonly precision: string | null;
  /** Against the stored CPU answer, dB; null where it was not run. */
  readonly parityDb: number | null;
  /** Seconds per result megapixel, on a timed tile. */
  readonly secondsPerMegapixel: number | null;
}

export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly family: string | null;
  /** Shown as such, and never chosen by *auto*. */
  readonly experimental: boolean;
  /** 1 for those for faces. */
  readonly scale: number;
  /** What it does with faces; null for models that enlarge photos. */
  readonly faces: 'detector' | 'restorer' | null;
  readonly options: readonly string[];
  /** What the model does by itself where an option is not set. */
  readonly defaults: Readonly<Record<string, number>>;
  readonly precisions: readonly string[];
  readonly licence: string;
  readonly limits: string;
  /** Who made it; empty where that is not known. */
  readonly author: string;
  /** Whose photos it was trained on. */
  readonly credits: readonly { readonly author: string; readonly licence: string; readonly source: string }[];
  readonly folder: string;
  /** It was imported, and may be removed again. */
  readonly removable: boolean;
  /** It may be tried whether it is faster in 8 bits. */
  readonly quantisable: boolean;
  /** The sha256 of each file that it was imported from; none for models that came with Onestep. */
  readonly sources: readonly string[];
  readonly problem: ProblemData | null;
}

/** What a person says about foreign models; without it, their files do. */
export interface ImportDetails {
  /** For a single model only. */
  readonly name?: string | undefined;
  readonly licence?: string | undefined;
  readonly summary?: string | undefined;
  readonly author?: string | undefined;
  /** Two models of equal shape become one, between which a dial chooses: 0 is the first. */
  readonly blend?: boolean | undefined;
  /** They are tried in 8 bits at once. */
  readonly quantise?: boolean | undefined;
  /** For a folder of Stable Diffusion. */
  readonly diffusion?: DiffusionDetails | undefined;
}

/** What makes a one-step model of Stable Diffusion; what is left out follows from the LoRA file, or is as in the paper. */
export interface DiffusionDetails {
  /** Path of the LoRA weights. */
  readonly lora?: string | undefined;
  /** α / rank, for all of them. */
  readonly loraScale?: number | undefined;
  /** Path of what the model sees in place of an encoded text. */
  readonly embedding?: string | undefined;
  /** The step that the photo is taken for: 0…999. */
  readonly timestep?: number | undefined;
  /** How the clean latent follows; see `diffusion.ts`. */
  readonly step?: (typeof importableSteps)[number] | undefined;
  /** Weights are stored as 32-bit floats, at twice the size. */
  readonly keepFp32?: boolean | undefined;
}

/** Steps that a model made of Stable Diffusion 2 can take. */
export const importableSteps = ['eps_x0', 'v_x0', 'residual'] as const;

const words = z.string().min(1).max(2000).optional();
const modelFile = z.string().min(1).max(32_767).optional();
export const importDetailsSchema: z.ZodType<ImportDetails> = z.strictObject({
  name: words,
  licence: words,
  summary: words,
  author: words,
  blend: z.boolean().optional(),
  quantise: z.boolean().optional(),
  diffusion: z
    .strictObject({
      lora: modelFile,
      loraScale: z.number().positive().max(100).optional(),
      embedding: modelFile,
      timestep: z.int().min(0).max(999).optional(),
      step: z.enum(importableSteps).optional(),
      keepFp32: z.boolean().optional(),
    })
    .optional(),
});

/** What became of one foreign model. */
export interface ImportOutcome {
  /** Its file's name without the ending. */
  readonly source: string;
  /** The installed model; null where it was refused. */
  readonly model: ModelSummary | null;
  /** What it was recognised as: `ncnn`, `ONNX`, or a network architecture; null where it was refused. */
  readonly kind: string | null;
  readonly problem: ProblemData | null;
  /** What became of 8 bits, where they were asked for and the model is installed. */
  readonly quantised?: QuantiseOutcome;
  readonly seconds: number;
}

/** How a model is tried in 8 bits. */
export interface QuantiseDetails {
  /** A folder of photos that the network is watched on and compared on; without it, on generated pictures. */
  readonly photos?: string | undefined;
}
export const quantiseDetailsSchema: z.ZodType<QuantiseDetails> = z.strictObject({ photos: modelFile });

/** What became of the wish to compute a model in 8 bits. */
export interface QuantiseOutcome {
  /** Its id. */
  readonly model: string;
  readonly kept: boolean;
  /** In a sentence. */
  readonly why: Sentence;
  /** PSNR to the answers in 32 bits on pictures that nothing was measured on before, dB: mean and least. Null where nothing was tried. */
  readonly agreementDb: number | null;
  readonly worstDb: number | null;
  readonly timesAsFast: number | null;
  readonly seconds: number;
}

export interface Thumbnail {
  /** WebP, upright, in sRGB. */
  readonly bytes: Uint8Array;
  /** The photo's own upright size in pixels. */
  readonly width: number;
  readonly height: number;
}
