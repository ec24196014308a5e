import { byId } from '../../by-id.js';
import { setText } from '../dom.js';

interface Standby {
  readonly title: string;
  readonly text: string;
  /** What the button says; without it there is no button. */
  readonly button?: string;
}

/** Shows on the big screen why there is no room, and a button that opens one. */
export function showStandby({ title, text, button }: Standby): void {
  setText('standby-title', title);
  setText('standby-text', text);
  const element = byId('reopen', HTMLButtonElement);
  element.hidden = button === undefined;
  setText('reopen', button ?? '');
  // So that the OK button of a TV's remote control, or the Enter key, presses it.
  if (button !== undefined) element.focus();
}
