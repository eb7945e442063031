import { english, sentence, type Sentence, type Speaker } from './sentence.ts';

/**
 * Every way a job can fail that a person can act on. Anything else that is thrown is a bug and is logged with its stack. The message
 * files have, for each, what it is (`problem.<code>`) and what to do (`advice.<code>`), unless a caller knows better.
 */
export const problemCodes = [
  'not-opened',
  'not-found',
  'not-readable',
  'not-an-image',
  'unsupported-image',
  'damaged-image',
  'too-many-pixels',
  'too-large-for-format',
  'too-large-a-scale',
  'not-enough-memory',
  'not-enough-disk',
  'already-exists',
  'would-overwrite-original',
  'not-writable',
  'not-verified',
  'bad-request',
  'model-not-found',
  'model-damaged',
  'unsupported-model',
  'damaged-model-file',
  'unsafe-model-file',
  'provider-not-available',
  'wrong-output',
  'engine-stopped',
  'already-running',
  'newer-version',
  'not-downloaded',
  'wrong-download',
  'queue-not-reached',
  'queue-not-admitted',
  'cancelled',
  'internal-error',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

export interface ProblemData {
  readonly code: ProblemCode;
  /** In English, as the command line says it. */
  readonly message: string;
  readonly detail?: string | undefined;
  readonly advice: string;
  /** Message and advice for every language; absent where they are known in English only. */
  readonly said?: Sentence | undefined;
  readonly advised?: Sentence | undefined;
}

/** An expected failure, in a sentence for a person. Crosses processes as {@link ProblemData}. */
export class Problem extends Error implements ProblemData {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly advice: string;
  readonly said: Sentence | undefined;
  readonly advised: Sentence | undefined;

  constructor(
    code: ProblemCode,
    message: Sentence | string,
    more: { detail?: string | undefined; advice?: Sentence | string | undefined; cause?: unknown } = {},
  ) {
    super(inEnglish(message), { cause: more.cause });
    const advice = more.advice ?? sentence(`advice.${code}`);
    this.code = code;
    this.detail = more.detail;
    this.advice = inEnglish(advice);
    this.said = ofAnyLanguage(message);
    this.advised = ofAnyLanguage(advice);
  }

  toData(): ProblemData {
    const { code, message, detail, advice, said, advised } = this;
    return { code, message, detail, advice, said, advised };
  }

  static fromData({ code, message, detail, advice, said, advised }: ProblemData): Problem {
    return new Problem(code, said ?? message, { detail, advice: advised ?? advice });
  }
}

const inEnglish = (text: Sentence | string): string => (typeof text === 'string' ? text : english.tell(text));
const ofAnyLanguage = (text: Sentence | string): Sentence | undefined => (typeof text === 'string' ? undefined : text);

export const isProblemCode = (code: unknown): code is ProblemCode => (problemCodes as readonly unknown[]).includes(code);

/**
 * A problem for people. Where it is known in English only, other languages say what kind of problem it is and what to do; the English
 * sentence belongs among the details then.
 */
export function problemWords({ code, message, advice, said, advised }: ProblemData, { locale, say, tell }: Speaker) {
  const inKind = !locale.startsWith('en') && isProblemCode(code);
  return {
    title: said !== undefined ? tell(said) : inKind ? say(`problem.${code}`) : message,
    advice: advised !== undefined ? tell(advised) : inKind ? say(`advice.${code}`) : advice,
  };
}

/** What an error says of itself; anything can be thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How any failure is told: a Problem as it is, a bug as `internal-error` with its stack. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Problem('internal-error', sentence('problem.internal-error'), { detail, cause: error });
}

/** The rejection that an aborted job ends with. */
export const cancelled = (): Problem => new Problem('cancelled', sentence('problem.cancelled'));

/** Throws {@link cancelled} when `signal` has been aborted: call between units of work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}
