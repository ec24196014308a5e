import type { RelayError } from '../../client/index.js';

/** Why a room cannot be opened or joined, in words for players. */
export function explain(error: RelayError): string {
  switch (error.code) {
    case 'noSuchRoom':
      return 'There is no room with this code. Check the code on the big screen.';
    case 'roomFull':
      return 'The room is full.';
    case 'unsupported':
      return 'Nobody can watch this room. You can play if there is a free place.';
    case 'alreadyStarted':
      return 'The game has started. New players cannot join.';
    case 'replaced':
      return 'This game continues in another tab.';
    case 'unreachable':
      return 'The server is not responding. Check that this device is on the same network.';
    case 'relayFull':
      return 'The server is busy. Try again in a minute.';
    case 'hostBusy':
      return 'The big screen is busy. Try again in a moment.';
    case 'hostDisconnected':
      return 'The big screen is disconnected. Try again when it is back.';
    case 'tooManyAttempts':
      return 'Too many attempts. Wait a minute, then try again.';
    case 'restarting':
      return 'The server is restarting. Try again in a moment.';
    case 'badToken':
      return 'Opening a room on this server requires an access token.';
    case 'originNotAllowed':
      return 'This server does not allow pages from this address. Its operator can allow them with --origin.';
    case 'kicked':
      return 'You were removed from the game.';
    case 'gameOver':
    case 'hostGone':
    case 'stopped':
      return 'The game is over.';
    default:
      return `Something went wrong: ${error.message}.`;
  }
}

/** Why it takes a while, shown while the same request is retried. */
export function explainRetry(error: RelayError): string {
  switch (error.code) {
    case 'hostBusy':
      return 'The big screen is busy, retrying…';
    case 'hostDisconnected':
      return 'The big screen is disconnected, retrying…';
    default:
      return 'Server busy, retrying…';
  }
}

/** Why a room or a seat that was open is closed. */
export function explainClose(error: RelayError): string {
  if (error.code !== 'noSuchRoom') return explain(error);
  return 'The server was restarted, and this room was lost.';
}
