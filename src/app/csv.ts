/** RFC 4180: comma, CRLF, quotes where needed and doubled inside. */
export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => `${row.map((value) => cell(String(value))).join(',')}\r\n`).join('');
}
