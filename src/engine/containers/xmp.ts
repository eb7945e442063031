import { createHash } from 'node:crypto';
import { DOMParser, XMLSerializer, type Attr, type Document, type Element } from '@xmldom/xmldom';

/** XMP packets (ISO 16684-1) as trees, and the way that JPEG files have for long ones (XMP specification part 3 §1.1.3.1). */
export const rdf = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const xmpNote = 'http://ns.adobe.com/xmp/note/';

/** The tree of a packet in UTF-8 or UTF-16, or null where it is no well-formed XML. */
export function parseXmp(packet: Uint8Array): Document | null {
  const text = packetText(packet);
  const [start, end] = [text.indexOf('<'), text.lastIndexOf('>')];
  if (start < 0 || text.includes('<!DOCTYPE')) return null;
  const onError = (level: string, message: string): void => {
    if (level !== 'warning') throw new Error(message);
  };
  try {
    return new DOMParser({ onError }).parseFromString(text.slice(start, end + 1), 'text/xml');
  } catch {
    return null;
  }
}

function packetText(packet: Uint8Array): string {
  const bytes = Buffer.from(packet);
  const [first, second] = bytes;
  const isUtf16 = bytes.length >= 4 && (first === 0xfe || first === 0xff || first === 0 || second === 0);
  if (!isUtf16) return bytes.toString('utf8');
  const even = bytes.subarray(0, bytes.length & ~1);
  return (first === 0xfe || first === 0 ? even.swap16() : even).toString('utf16le');
}

export const serialiseXmp = (document: Document): Buffer => Buffer.from(new XMLSerializer().serializeToString(document));

/**
 * Puts a packet between the two instructions that JPEG and TIFF files ask for (ISO 16684-1 §7.3.2) and PNG, WebP and AVIF may leave out.
 * @returns false where it has them already
 */
export function wrapXmp(document: Document): boolean {
  const instructions = [...document.childNodes].filter(({ nodeType }) => nodeType === 7);
  if (instructions.some(({ nodeName }) => nodeName === 'xpacket')) return false;
  for (const instruction of instructions) if (instruction.nodeName === 'xml') document.removeChild(instruction);
  const begin = document.createProcessingInstruction('xpacket', 'begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"');
  document.insertBefore(begin, document.firstChild);
  document.appendChild(document.createProcessingInstruction('xpacket', 'end="w"'));
  return true;
}

/** All elements, outer ones first; a list that does not change while the tree does. */
const elementsOf = (document: Document): Element[] => [...document.getElementsByTagName('*')];
/** What a packet says, in no order: values of attributes and of elements without children. Null where it is malformed. */
export function statements(packet: Uint8Array): string[] | null {
  const document = parseXmp(packet);
  if (document === null) return null;
  const isMeant = ({ namespaceURI, localName }: Attr): boolean =>
    namespaceURI !== 'http://www.w3.org/2000/xmlns/' &&
    localName !== 'about' &&
    localName !== 'HasExtendedXMP' &&
    namespaceURI !== 'adobe:ns:meta/';
  return elementsOf(document)
    .flatMap((element) => [
      ...attributesOf(element)
        .filter(isMeant)
        .map(({ localName, value }) => `${localName}=${value}`),
      ...(childrenOf(element).length === 0 ? [`${element.localName}=${(element.textContent ?? '').trim()}`] : []),
    ])
    .toSorted();
}

const attributesOf = (element: Element): Attr[] => [...element.attributes];
const childrenOf = (element: Element): Element[] => [...element.childNodes].filter((node): node is Element => node.nodeType === 1);

export interface XmpProperty {
  readonly name: string;
  readonly text: string;
  set(text: string): void;
  remove(): void;
}

/** A packet whose properties may be attributes or elements; notes whether anything was changed. */
export class XmpTree {
  changed = false;
  /** As they were at first: walking the tree takes longer than all else. What was removed since may be changed to no effect. */
  readonly #elements: readonly Element[];
  readonly #bySchema = new Map<string, XmpProperty[]>();

  constructor(document: Document) {
    this.#elements = elementsOf(document);
    for (const element of this.#elements) {
      for (const schema of new Set([element.namespaceURI, ...attributesOf(element).map(({ namespaceURI }) => namespaceURI)])) {
        if (schema === null) continue;
        const known = this.#bySchema.get(schema);
        if (known) known.push(...this.#of(element, schema));
        else this.#bySchema.set(schema, this.#of(element, schema));
      }
    }
  }

  /** Elements of a schema by these names, or all. */
  elements(schema: string, ...names: readonly string[]): Element[] {
    return this.#elements.filter(
      ({ namespaceURI, localName }) => namespaceURI === schema && (names.length === 0 || names.includes(localName ?? '')),
    );
  }

  /** Properties of a schema, wherever they are, of which the name fits. */
  properties(schema: string, fits: (name: string) => boolean = () => true): XmpProperty[] {
    return (this.#bySchema.get(schema) ?? []).filter(({ name }) => fits(name));
  }

  /** The field of a structure: an attribute, a child, or a child of the description in it. */
  field(structure: Element, schema: string, name: string): XmpProperty | null {
    const places = [structure, ...childrenOf(structure).filter((child) => child.namespaceURI === rdf)];
    for (const place of places) {
      for (const part of [place, ...childrenOf(place)]) {
        const found = this.#of(part, schema).find((property) => property.name === name);
        if (found) return found;
      }
    }
    return null;
  }

  #of(element: Element, schema: string): XmpProperty[] {
    const change = (act: () => void) => (): void => {
      this.changed = true;
      act();
    };
    const attributes = attributesOf(element)
      .filter(({ namespaceURI }) => namespaceURI === schema)
      .map((attribute) => ({
        name: attribute.localName ?? '',
        text: attribute.value,
        set: (text: string) => {
          if (text !== attribute.value) change(() => (attribute.value = text))();
        },
        remove: change(() => element.removeAttributeNode(attribute)),
      }));
    if (element.namespaceURI !== schema) return attributes;
    const own: XmpProperty = {
      name: element.localName ?? '',
      text: (element.textContent ?? '').trim(),
      set: (text) => {
        if (childrenOf(element).length === 0 && text !== element.textContent) change(() => (element.textContent = text))();
      },
      remove: change(() => element.parentNode?.removeChild(element)),
    };
    return [own, ...attributes];
  }
}

/** The payloads of one long packet's remainder, after `http://ns.adobe.com/xmp/extension/\0`: name, length of all, position, bytes. */
const nameBytes = 32;
const remainderHead = nameBytes + 8;
export const extensionPrefix = 'http://ns.adobe.com/xmp/extension/\0';

/** A packet with its remainder, as one; null where the remainder is not whole. Remainders that the packet does not name are others'. */
export function joinXmp(packet: Uint8Array, payloads: readonly Uint8Array[]): Buffer | null {
  const document = parseXmp(packet);
  const name = document && takeName(document);
  if (!document || name === null) return null;
  const pieces = payloads
    .map((payload) => Buffer.from(payload))
    .filter((payload) => payload.length > remainderHead && payload.toString('latin1', 0, nameBytes).toUpperCase() === name)
    .map((payload) => ({
      all: payload.readUInt32BE(nameBytes),
      at: payload.readUInt32BE(nameBytes + 4),
      bytes: payload.subarray(remainderHead),
    }))
    .toSorted((a, b) => a.at - b.at);
  let end = 0;
  for (const { at, bytes } of pieces) {
    if (at !== end) return null;
    end += bytes.length;
  }
  if (end === 0 || end !== pieces[0]?.all) return null;
  const remainder = parseXmp(Buffer.concat(pieces.map(({ bytes }) => bytes)));
  const root = document.getElementsByTagNameNS(rdf, 'RDF')[0];
  if (remainder === null || root === undefined) return null;
  for (const description of descriptionsOf(remainder)) root.appendChild(document.importNode(description, true));
  return serialiseXmp(document);
}

/** Takes the name of the remainder out of a packet. */
function takeName(document: Document): string | null {
  for (const element of elementsOf(document)) {
    const attribute = element.getAttributeNS(xmpNote, 'HasExtendedXMP');
    if (attribute) {
      element.removeAttributeNS(xmpNote, 'HasExtendedXMP');
      return attribute.toUpperCase();
    }
    if (element.namespaceURI === xmpNote && element.localName === 'HasExtendedXMP') {
      element.parentNode?.removeChild(element);
      return (element.textContent ?? '').toUpperCase();
    }
  }
  return null;
}

/** The top-level descriptions of a packet. */
const descriptionsOf = (document: Document): Element[] =>
  [...document.getElementsByTagNameNS(rdf, 'RDF')].flatMap((root) => childrenOf(root).filter(({ namespaceURI }) => namespaceURI === rdf));

/**
 * A packet of at most `limit` bytes and the payloads of the remainder, each of at most `payloadLimit`: the longest properties move into
 * the remainder until the rest fits. Null where that does not help.
 */
export function splitXmp(packet: Uint8Array, limit: number, payloadLimit: number): { main: Uint8Array; remainder: Buffer[] } | null {
  if (packet.length <= limit) return { main: packet, remainder: [] };
  const document = parseXmp(packet);
  const root = document && descriptionsOf(document)[0];
  if (!document || !root) return null;
  const withoutPadding = serialiseXmp(document);
  if (withoutPadding.length <= limit) return { main: withoutPadding, remainder: [] };
  const other = parseXmp(Buffer.from(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="${rdf}"/></x:xmpmeta>`))!;
  const target = other.getElementsByTagNameNS(rdf, 'RDF')[0]!;
  // Name and namespace of the remainder take some bytes, too.
  let excess = withoutPadding.length - limit + 200;
  const properties = descriptionsOf(document)
    .flatMap((description) => childrenOf(description))
    .map((property) => ({ property, bytes: Buffer.byteLength(new XMLSerializer().serializeToString(property)) }))
    .toSorted((a, b) => b.bytes - a.bytes);
  for (const { property, bytes } of properties) {
    if (excess <= 0) break;
    const description = other.createElementNS(rdf, 'rdf:Description');
    description.setAttributeNS(rdf, 'rdf:about', root.getAttributeNS(rdf, 'about') ?? '');
    description.appendChild(other.importNode(property, true));
    target.appendChild(description);
    property.parentNode?.removeChild(property);
    excess -= bytes;
  }
  const remainder = serialiseXmp(other);
  const name = createHash('md5').update(remainder).digest('hex').toUpperCase();
  root.setAttributeNS(xmpNote, 'xmpNote:HasExtendedXMP', name);
  const main = serialiseXmp(document);
  return main.length > limit
    ? null
    : { main, remainder: payloadsOf(remainder, name, payloadLimit - extensionPrefix.length - remainderHead) };
}

function payloadsOf(remainder: Buffer, name: string, most: number): Buffer[] {
  return Array.from({ length: Math.ceil(remainder.length / most) }, (_, index) => {
    const head = Buffer.alloc(remainderHead);
    head.write(name, 'latin1');
    head.writeUInt32BE(remainder.length, nameBytes);
    head.writeUInt32BE(index * most, nameBytes + 4);
    return Buffer.concat([Buffer.from(extensionPrefix, 'latin1'), head, remainder.subarray(index * most, (index + 1) * most)]);
  });
}
