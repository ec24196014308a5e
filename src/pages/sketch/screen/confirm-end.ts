import { byId } from '../../by-id.js';

/** Asks for confirmation before the game ends. Escape and the focused button cancel. */
export function confirmEnd(end: () => void): void {
  const dialog = byId('end-dialog', HTMLDialogElement);
  byId('end-yes').onclick = () => {
    dialog.close();
    end();
  };
  byId('end-no').onclick = () => dialog.close();
  if (!dialog.open) dialog.showModal();
}
