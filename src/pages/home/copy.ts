/**
 * Copies an element's text. Over plain HTTP there is no `navigator.clipboard`; the older API needs the
 * text to be selected, and if it fails too, the user can copy the selection.
 *
 * @returns whether the text is in the clipboard
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
