/**
 * A text that sorts by plain comparison as people sort names: 2 before 10, without regard to case and accents. Comparing two
 * keys is ten times faster than asking a collator, which matters with 50,000 names.
 */
export const naturalKey = (name: string): string =>
  plain(name).replaceAll(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '');
    // How many digits there are, as one character, sorts before the digits themselves.
    return String.fromCharCode(0x30 + Math.min(number.length, 0x4f)) + number;
  });

// eslint-disable-next-line no-control-regex -- all of ASCII is meant
const isAscii = /^[\u0000-\u007f]*$/;
const plain = (name: string): string =>
  isAscii.test(name) ? name.toLowerCase() : name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
