/**
 * Every way a job can fail that a person can act on. Anything else that is thrown is a bug and is logged with its stack.
 * The advice is the default for the code; a caller that knows better gives its own.
 */
export const problemAdvice = {
  'not-opened': 'Open the folder that the photo lies in first.',
  'not-found': 'Check that the file still exists and that you may read it.',
  'not-readable': 'Check the permissions of the file.',
  'not-an-image': 'Choose a JPEG, PNG, WebP, TIFF, AVIF, HEIC, GIF or JPEG 2000 photo.',
  'unsupported-image': 'Convert the photo to JPEG, PNG or TIFF in another program first.',
  'damaged-image': 'The file is damaged or incomplete. Copy it again from where it came from.',
  'too-many-pixels': 'If you trust this file, raise the limit with --max-megapixels.',
  'too-large-for-format': 'Choose a smaller size or a format that can hold it.',
  'too-large-a-scale': 'Choose a target at most 16 times the size of the photo.',
  'not-enough-memory': 'Close other programs or choose a smaller size.',
  'not-enough-disk': 'Free some space or choose another output folder.',
  'already-exists': 'Choose another name, or --on-collision number.',
  'would-overwrite-original': 'Choose another name or another folder for the results.',
  'not-writable': 'Choose an output folder that you may write to.',
  'not-verified': 'The result could not be read back after writing and was removed. Check the disk and try again.',
  'bad-request': 'Check the options.',
  'model-not-found': 'Run `onestep models` to see what is installed.',
  'model-damaged': 'Install the model again.',
  'unsupported-model': 'Choose the file of a super-resolution network that Onestep knows, as ncnn, ONNX, .safetensors or .pth.',
  'damaged-model-file': 'The file is damaged or incomplete. Copy it again from where it came from.',
  'unsafe-model-file': 'Get the model from its author, as .safetensors where there is one. Do not open this file with other programs.',
  'provider-not-available': 'Choose --provider auto or cpu.',
  'wrong-output': 'The model gave an unusable result on every device. Try another model.',
  'engine-stopped': 'The photo is untouched. Try again; if it happens again, report it with the details.',
  'already-running': 'Use the window that is open already, or close it first.',
  'newer-version': 'Use the newer version of Onestep, or remove the file named in the details.',
  'not-downloaded': 'Check the connection and try again: what has arrived is kept.',
  'wrong-download': 'Nothing was installed. Get the model from its author and import the file.',
  cancelled: 'Nothing was written.',
  'internal-error': 'This is a mistake in Onestep, not in the photo. Report it with the details.',
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof problemAdvice;

export interface ProblemData {
  readonly code: ProblemCode;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly advice: string;
}

/** An expected failure, in a sentence for a person. Crosses processes as {@link ProblemData}. */
export class Problem extends Error implements ProblemData {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly advice: string;

  constructor(
    code: ProblemCode,
    message: string,
    more: { detail?: string | undefined; advice?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.detail = more.detail;
    this.advice = more.advice ?? problemAdvice[code];
  }

  toData(): ProblemData {
    return { code: this.code, message: this.message, detail: this.detail, advice: this.advice };
  }

  static fromData(data: ProblemData): Problem {
    return new Problem(data.code, data.message, data);
  }
}

export const isProblemCode = (code: unknown): code is ProblemCode => typeof code === 'string' && Object.hasOwn(problemAdvice, code);

/** How any failure is told: a Problem as it is, a bug as `internal-error` with its stack. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Problem('internal-error', 'Something went wrong inside Onestep.', { detail, cause: error });
}

/** The rejection that an aborted job ends with. */
export const cancelled = (): Problem => new Problem('cancelled', 'Cancelled.');

/** Throws {@link cancelled} when `signal` has been aborted: call between units of work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}
