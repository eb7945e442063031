import { expect, it } from 'vitest';
import { parseXmp, serialiseXmp, statements, wrapXmp } from '../../../../src/engine/containers/xmp.ts';

const rdf = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const meta =
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="${rdf}">` +
  '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="a"/></rdf:RDF></x:xmpmeta>';
const declared = `<?xml version="1.0" encoding="UTF-16"?>${meta}`;

it.each([
  ['as it is', Buffer.from(meta)],
  ['after an XML declaration', Buffer.from(declared)],
  ['in UTF-16', Buffer.from(`\uFEFF${declared}`, 'utf16le')],
])('wraps a packet %s, once', (_, packet) => {
  const document = parseXmp(packet);
  if (document === null) throw new Error('malformed');
  expect(wrapXmp(document)).toBe(true);
  expect(wrapXmp(document)).toBe(false);
  const written = serialiseXmp(document);
  expect(written.toString()).toBe(`<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>${meta}<?xpacket end="w"?>`);
  expect(statements(written)).toEqual(statements(packet));
  const again = parseXmp(written);
  expect(again !== null && wrapXmp(again)).toBe(false);
});
