/** Saves a text as a download. */
export function saveText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Once the download has begun, the browser holds the content itself.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
