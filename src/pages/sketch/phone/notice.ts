import type { HostStatus, Seat, Viewer } from '../../../client/index.js';
import { byId } from '../../by-id.js';
import { setText } from '../dom.js';

/** Shows at the top of the phone why the game does not continue, for as long as it does not. */
export function watchConnections(me: Seat): void {
  const show = (): void => {
    const text = textFor(me);
    byId('notice').hidden = text === '';
    setText('notice', text);
  };
  me.on('status', show);
  me.on('host', show);
  show();
}

/** The same for a viewer, who does not know whether the big screen is connected. */
export function watchConnection(me: Viewer): void {
  me.on('status', (status) => {
    const text = textFor({ status, host: 'connected' });
    byId('notice').hidden = text === '';
    setText('notice', text);
  });
}

/** This phone's own connection comes first: without it, nothing is known of the host's. */
function textFor({ status, host }: { readonly status: string; readonly host: HostStatus }): string {
  if (status === 'away') return 'Connection lost. Reconnecting…';
  if (status === 'open' && host === 'disconnected')
    return 'The big screen is disconnected. Waiting for it…';
  return '';
}
