/** A Windows library that exports names and does nothing: enough for makensis to check a script that calls plug-ins. */

const [imageBase, sectionAddress, headerBytes] = [0x1000_0000, 0x1000, 0x200];

/**
 * PE32 with one section: the export directory, its three tables, one `ret`, the strings.
 * Layout: Microsoft, "PE Format".
 * @param {string} name of the file
 * @param {readonly string[]} exported
 */
export function stubLibrary(name, exported) {
  const names = [...exported].sort();
  const strings = [name, ...names].map((text) => Buffer.from(`${text}\0`, 'latin1'));
  const tables = { functions: 40, names: 40 + 4 * names.length, ordinals: 40 + 8 * names.length };
  const code = tables.ordinals + 2 * names.length;
  const length = strings.reduce((sum, text) => sum + text.length, code + 4);
  const section = Buffer.alloc(4096 * Math.ceil(length / 4096));
  section[code] = 0xc3;
  let at = code + 4;
  for (const [index, text] of strings.entries()) {
    text.copy(section, at);
    if (index === 0) section.writeUInt32LE(sectionAddress + at, 12);
    else {
      section.writeUInt32LE(sectionAddress + code, tables.functions + 4 * (index - 1));
      section.writeUInt32LE(sectionAddress + at, tables.names + 4 * (index - 1));
      section.writeUInt16LE(index - 1, tables.ordinals + 2 * (index - 1));
    }
    at += text.length;
  }
  const directory = [
    1,
    names.length,
    names.length,
    ...[tables.functions, tables.names, tables.ordinals].map((table) => sectionAddress + table),
  ];
  for (const [index, value] of directory.entries()) section.writeUInt32LE(value, 16 + 4 * index);
  return Buffer.concat([headers(section.length, length), section]);
}

/** @param {number} sectionBytes @param {number} exportBytes */
function headers(sectionBytes, exportBytes) {
  const header = Buffer.alloc(headerBytes);
  /** @type {(offset: number, values: readonly number[]) => void} 32 bits each */
  const put = (offset, values) => {
    for (const [index, value] of values.entries()) header.writeUInt32LE(value, offset + 4 * index);
  };
  header.write('MZ', 'latin1');
  put(0x3c, [0x40]);
  header.write('PE', 0x40, 'latin1');
  header.writeUInt16LE(0x14c, 0x44); // i386
  header.writeUInt16LE(1, 0x46); // one section
  header.writeUInt16LE(224, 0x54); // bytes of the optional header
  header.writeUInt16LE(0x2102, 0x56); // a library for 32 bits
  const optional = 0x58;
  header.writeUInt16LE(0x10b, optional);
  put(optional + 4, [sectionBytes]);
  put(optional + 20, [sectionAddress, sectionAddress, imageBase, 0x1000, headerBytes]);
  header.writeUInt16LE(5, optional + 40);
  header.writeUInt16LE(5, optional + 48);
  put(optional + 56, [sectionAddress + sectionBytes, headerBytes]);
  header.writeUInt16LE(2, optional + 68);
  put(optional + 72, [0x10_0000, 0x1000, 0x10_0000, 0x1000, 0, 16, sectionAddress, exportBytes]);
  const table = optional + 224;
  header.write('.text', table, 'latin1');
  put(table + 8, [sectionBytes, sectionAddress, sectionBytes, headerBytes]);
  put(table + 36, [0xe000_0020]);
  return header;
}
