/**
 * Copies an element's text. Without TLS, as in a home network, there is no `navigator.clipboard`;
 * the older way selects the text, which is what is left to the user if that fails, too.
 *
 * @returns whether it is in the clipboard now
 */
export async function copy(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand('copy');
  }
}
