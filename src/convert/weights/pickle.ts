import type { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { PickleBytes } from './pickle-bytes.ts';
import { damaged } from './state-dict.ts';

/**
 * Python's pickle protocols 2 to 5 (Lib/pickletools.py), as far as files of PyTorch use them. Nothing in a pickle is ever
 * executed: what it calls is looked up in a table of ours and answered by data, and a name that is not there ends the reading.
 */
export interface PickleMeaning {
  /** What stands for `module.name`, a {@link PickleCallable} where it can be called; a Problem where it is not one of the few harmless ones. */
  global(module: string, name: string): unknown;
  /** What stands for a reference to something outside the pickle. */
  persistent(reference: unknown): unknown;
}

/** What the pickle may call. Tuples, lists and sets are arrays, dictionaries are maps. */
export type PickleCallable = (values: readonly unknown[]) => unknown;

/** What {@link PickleMeaning} may give for an object whose content does not matter here. */
export const ignored: unique symbol = Symbol('ignored');

/** What a pickle may take: a step costs one, a container as much as it takes more. 40 000 tensors fit, in 200 MB at most. */
const largestCost = 4_000_000;
const containerCost = 12;

/** What a step gives that leaves no value on the stack. */
const nothing: unique symbol = Symbol('nothing');

class PickleMachine {
  readonly input: PickleBytes;
  readonly meaning: PickleMeaning;
  readonly memo = new Map<number, unknown>();
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];

  constructor(input: PickleBytes, meaning: PickleMeaning) {
    this.input = input;
    this.meaning = meaning;
  }

  /** @returns the value that the pickle stands for */
  run(): unknown {
    let cost = 0;
    for (;;) {
      const code = this.input.u8();
      if (code === stop) return this.pop();
      const step = steps.get(code);
      if (step === undefined) throw damaged(this.input.path, sentence('import.why.instruction', { code }));
      const value = step(this);
      cost += typeof value === 'object' ? containerCost : 1;
      if (cost > largestCost) throw damaged(this.input.path, sentence('import.why.tensorListLength'));
      if (value !== nothing) this.#stack.push(value);
    }
  }

  mark(): typeof nothing {
    this.#marks.push(this.#stack.length);
    return nothing;
  }

  top(): unknown {
    this.#need(1);
    return this.#stack.at(-1);
  }
  pop(): unknown {
    this.#need(1);
    return this.#stack.pop();
  }
  popTuple(length: number): unknown[] {
    this.#need(length);
    return this.#stack.splice(this.#stack.length - length, length);
  }
  popMarked(): unknown[] {
    const start = this.#marks.pop();
    if (start === undefined) throw this.#wrong();
    return this.#stack.splice(start);
  }

  remember(index: number): typeof nothing {
    this.memo.set(index, this.top());
    return nothing;
  }
  recall(index: number): unknown {
    if (!this.memo.has(index)) throw this.#wrong();
    return this.memo.get(index);
  }

  append(values: readonly unknown[]): typeof nothing {
    const list = this.top();
    if (Array.isArray(list)) for (const value of values) list.push(value);
    else if (list !== ignored) throw this.#wrong();
    return nothing;
  }
  setItems(pairs: readonly unknown[]): typeof nothing {
    const map = this.top();
    if (map === ignored) return nothing;
    if (!(map instanceof Map) || pairs.length % 2 !== 0) throw this.#wrong();
    for (let index = 0; index < pairs.length; index += 2) map.set(pairs[index], pairs[index + 1]);
    return nothing;
  }

  global(module: unknown, name: unknown): unknown {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.#wrong();
    return this.meaning.global(module, name);
  }
  call([callable, values]: readonly unknown[]): unknown {
    if (typeof callable !== 'function' || !Array.isArray(values)) throw this.#wrong();
    return (callable as PickleCallable)(values);
  }
  /** What a pickle says about the attributes of an object does not matter here. */
  build(): typeof nothing {
    this.pop();
    this.top();
    return nothing;
  }

  /** Values below the last mark belong to an instruction that has not come yet. */
  #need(length: number): void {
    if (this.#stack.length - length < (this.#marks.at(-1) ?? 0)) throw this.#wrong();
  }

  #wrong(): Problem {
    return damaged(this.input.path, sentence('import.why.tensorList'));
  }
}

const stop = 0x2e;

/** Instruction → what it leaves on the stack. */
const steps: ReadonlyMap<number, (machine: PickleMachine) => unknown> = new Map([
  /* PROTO */ [0x80, ({ input }) => (input.u8(), nothing)],
  /* FRAME */ [0x95, ({ input }) => (input.u64(), nothing)],
  /* MARK */ [0x28, (machine) => machine.mark()],
  /* POP */ [0x30, (machine) => (machine.pop(), nothing)],
  /* POP_MARK */ [0x31, (machine) => (machine.popMarked(), nothing)],
  /* DUP */ [0x32, (machine) => machine.top()],
  /* NONE */ [0x4e, () => null],
  /* NEWTRUE */ [0x88, () => true],
  /* NEWFALSE */ [0x89, () => false],
  /* BININT */ [0x4a, ({ input }) => input.i32()],
  /* BININT1 */ [0x4b, ({ input }) => input.u8()],
  /* BININT2 */ [0x4d, ({ input }) => input.u16()],
  /* LONG1 */ [0x8a, ({ input }) => input.integer(input.u8())],
  /* BINFLOAT */ [0x47, ({ input }) => input.f64()],
  /* BINSTRING */ [0x54, ({ input }) => input.oldText(input.u32())],
  /* SHORT_BINSTRING */ [0x55, ({ input }) => input.oldText(input.u8())],
  /* BINUNICODE */ [0x58, ({ input }) => input.text(input.u32())],
  /* SHORT_BINUNICODE */ [0x8c, ({ input }) => input.text(input.u8())],
  /* BINUNICODE8 */ [0x8d, ({ input }) => input.text(input.u64())],
  /* BINBYTES */ [0x42, ({ input }) => input.bytes(input.u32())],
  /* SHORT_BINBYTES */ [0x43, ({ input }) => input.bytes(input.u8())],
  /* BINBYTES8 */ [0x8e, ({ input }) => input.bytes(input.u64())],
  /* EMPTY_TUPLE */ [0x29, () => []],
  /* TUPLE1 */ [0x85, (machine) => machine.popTuple(1)],
  /* TUPLE2 */ [0x86, (machine) => machine.popTuple(2)],
  /* TUPLE3 */ [0x87, (machine) => machine.popTuple(3)],
  /* TUPLE */ [0x74, (machine) => machine.popMarked()],
  /* EMPTY_LIST */ [0x5d, () => []],
  /* APPEND */ [0x61, (machine) => machine.append([machine.pop()])],
  /* APPENDS */ [0x65, (machine) => machine.append(machine.popMarked())],
  /* EMPTY_SET */ [0x8f, () => []],
  /* ADDITEMS */ [0x90, (machine) => machine.append(machine.popMarked())],
  /* EMPTY_DICT */ [0x7d, () => new Map()],
  /* SETITEM */ [0x73, (machine) => machine.setItems(machine.popTuple(2))],
  /* SETITEMS */ [0x75, (machine) => machine.setItems(machine.popMarked())],
  /* BINPUT */ [0x71, (machine) => machine.remember(machine.input.u8())],
  /* LONG_BINPUT */ [0x72, (machine) => machine.remember(machine.input.u32())],
  /* MEMOIZE */ [0x94, (machine) => machine.remember(machine.memo.size)],
  /* BINGET */ [0x68, (machine) => machine.recall(machine.input.u8())],
  /* LONG_BINGET */ [0x6a, (machine) => machine.recall(machine.input.u32())],
  /* GLOBAL */ [0x63, (machine) => machine.global(machine.input.line(), machine.input.line())],
  /* STACK_GLOBAL */ [0x93, (machine) => machine.global(...(machine.popTuple(2) as [unknown, unknown]))],
  /* INST */ [0x69, (machine) => machine.call([machine.global(machine.input.line(), machine.input.line()), machine.popMarked()])],
  /* REDUCE */ [0x52, (machine) => machine.call(machine.popTuple(2))],
  /* NEWOBJ */ [0x81, (machine) => machine.call(machine.popTuple(2))],
  /* BUILD */ [0x62, (machine) => machine.build()],
  /* BINPERSID */ [0x51, (machine) => machine.meaning.persistent(machine.pop())],
] satisfies [number, (machine: PickleMachine) => unknown][]);

/**
 * Reads one pickle of `bytes` from `position`.
 * @returns its value, and the position after it
 * @throws Problem damaged-model-file, or what `meaning` throws
 */
export function readPickle(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  position: number,
  meaning: PickleMeaning,
): { value: unknown; end: number } {
  const input = new PickleBytes(path, bytes, position);
  const value = new PickleMachine(input, meaning).run();
  return { value, end: input.position };
}
