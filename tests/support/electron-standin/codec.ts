/**
 * Structured clone as text, the same code in Node and in the page. `structuredClone` itself decides what may pass; what may not
 * fails with Electron's words.
 */
type Encoded = null | boolean | string | number | { readonly $: string; readonly [field: string]: unknown };

interface Base64 {
  readonly encode: (bytes: Uint8Array) => string;
  readonly decode: (text: string) => Uint8Array;
}

export interface Codec {
  readonly encode: (value: unknown) => string;
  readonly decode: (text: string) => unknown;
}

const refused = (): Error => new Error('An object could not be cloned.');
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

const errorKinds: Readonly<Record<string, ErrorConstructor>> = { RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError };

export function makeCodec(base64: Base64): Codec {
  return {
    encode: (root) => {
      let clone: unknown;
      try {
        clone = structuredClone(root);
      } catch {
        throw refused();
      }
      return JSON.stringify(new Writer(base64).write(clone));
    },
    decode: (text) => new Reader(base64).read(JSON.parse(text) as Encoded),
  };
}

class Writer {
  readonly #base64: Base64;
  readonly #seen = new Map<object, number>();

  constructor(base64: Base64) {
    this.#base64 = base64;
  }

  write(value: unknown): Encoded {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number')
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
    if (value === undefined) return { $: 'undefined' };
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
    if (typeof value !== 'object') throw refused();
    const seen = this.#seen.get(value);
    if (seen !== undefined) return { $: 'seen', v: seen };
    this.#seen.set(value, this.#seen.size);
    return this.#object(value);
  }

  #object(value: object): Encoded {
    if (Array.isArray(value)) return { $: 'array', v: value.map((entry) => this.write(entry)) };
    if (ArrayBuffer.isView(value)) {
      const length = 'length' in value ? value.length : value.byteLength;
      return { $: 'view', kind: tagOf(value), offset: value.byteOffset, length, v: this.write(value.buffer) };
    }
    if (value instanceof Date) return { $: 'date', v: value.getTime() };
    if (value instanceof RegExp) return { $: 'pattern', v: value.source, flags: value.flags };
    if (value instanceof Map) return { $: 'map', v: [...value].map(([key, entry]) => [this.write(key), this.write(entry)]) };
    if (value instanceof Set) return { $: 'set', v: [...value].map((entry) => this.write(entry)) };
    if (value instanceof ArrayBuffer) return { $: 'bytes', v: this.#base64.encode(new Uint8Array(value)) };
    if (value instanceof Error) return { $: 'error', kind: value.name, v: value.message, stack: value.stack };
    if (tagOf(value) === 'Object') return { $: 'object', v: Object.entries(value).map(([key, entry]) => [key, this.write(entry)]) };
    throw refused();
  }
}

class Reader {
  readonly #base64: Base64;
  readonly #seen: unknown[] = [];

  constructor(base64: Base64) {
    this.#base64 = base64;
  }

  read(encoded: Encoded): unknown {
    if (encoded === null || typeof encoded !== 'object') return encoded;
    switch (encoded.$) {
      case 'number':
        return Number(encoded.v);
      case 'undefined':
        return undefined;
      case 'bigint':
        return BigInt(encoded.v as string);
      case 'seen':
        return this.#seen[encoded.v as number];
      default:
        return this.#object(encoded);
    }
  }

  #object(encoded: Exclude<Encoded, null | boolean | string | number>): unknown {
    const entries = (): [Encoded, Encoded][] => encoded.v as [Encoded, Encoded][];
    switch (encoded.$) {
      case 'array': {
        const list = this.#keep<unknown[]>([]);
        for (const entry of encoded.v as Encoded[]) list.push(this.read(entry));
        return list;
      }
      case 'view':
        return this.#view(encoded);
      case 'date':
        return this.#keep(new Date(encoded.v as number));
      case 'pattern':
        return this.#keep(new RegExp(encoded.v as string, encoded.flags as string));
      case 'map': {
        const map = this.#keep(new Map<unknown, unknown>());
        for (const [key, entry] of entries()) map.set(this.read(key), this.read(entry));
        return map;
      }
      case 'set': {
        const set = this.#keep(new Set<unknown>());
        for (const entry of encoded.v as Encoded[]) set.add(this.read(entry));
        return set;
      }
      case 'bytes':
        return this.#keep(this.#base64.decode(encoded.v as string).buffer);
      case 'error': {
        const error = this.#keep(new (errorKinds[encoded.kind as string] ?? Error)(encoded.v as string));
        if (typeof encoded.stack === 'string') error.stack = encoded.stack;
        return error;
      }
      case 'object': {
        const object = this.#keep<Record<string, unknown>>({});
        for (const [key, entry] of entries()) object[key as string] = this.read(entry);
        return object;
      }
      default:
        throw new Error(`stand-in: nothing is encoded as ${encoded.$}`);
    }
  }

  /** The view counts before its buffer, as it did when it was written. */
  #view(encoded: Exclude<Encoded, null | boolean | string | number>): unknown {
    const place = this.#seen.push(null) - 1;
    const kinds = globalThis as unknown as Record<string, new (buffer: unknown, offset: unknown, length: unknown) => unknown>;
    const Kind = kinds[encoded.kind as string];
    if (Kind === undefined) throw refused();
    const view = new Kind(this.read(encoded.v as Encoded), encoded.offset, encoded.length);
    this.#seen[place] = view;
    return view;
  }

  #keep<Kept>(value: Kept): Kept {
    this.#seen.push(value);
    return value;
  }
}
