/** What a property list may hold, as far as we need it. */
export type PropertyValue = string | number | boolean | readonly PropertyValue[] | { readonly [key: string]: PropertyValue };

/** A property list in XML. */
export const plistText = (value: PropertyValue): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${element(value)}
</plist>
`;

const xmlText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function element(value: PropertyValue): string {
  if (typeof value === 'string') return `<string>${xmlText(value)}</string>`;
  if (typeof value === 'number') return `<integer>${value}</integer>`;
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>';
  if (isList(value)) return ['<array>', ...value.map(element), '</array>'].join('\n');
  const pairs = Object.entries(value).map(([key, item]) => `<key>${xmlText(key)}</key>\n${element(item)}`);
  return ['<dict>', ...pairs, '</dict>'].join('\n');
}

const isList = (value: PropertyValue): value is readonly PropertyValue[] => Array.isArray(value);
