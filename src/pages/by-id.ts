/**
 * The element with this id.
 *
 * @throws Error if the page has no such element of that kind
 */
export function byId(id: string): HTMLElement;
export function byId<Kind extends Element>(id: string, kind: new () => Kind): Kind;
export function byId(id: string, kind: new () => Element = HTMLElement): Element {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no such ${kind.name}: #${id}`);
}
