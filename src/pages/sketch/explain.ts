import type { RelayError } from '../../client/index.js';

/** Why there is no game, for those who want to play. */
export function explain(error: RelayError): string {
  switch (error.what) {
    case 'noSuchRoom':
      return 'There is no room with this code.';
    case 'roomFull':
      return 'The room is full.';
    case 'alreadyStarted':
      return 'The game has begun, and nobody else can come in.';
    case 'replaced':
      return 'This seat was taken over by another tab.';
    case 'unreachable':
      return 'The relay does not answer. Is this device in the same network?';
    case 'relayFull':
      return 'The relay has too much to do just now. Try again in a minute.';
    case 'tooManyAttempts':
      return 'Too many tries. Wait a minute, then try again.';
    case 'restarting':
      return 'The relay is starting anew. Try again in a moment.';
    case 'badToken':
      return 'This relay opens rooms only for those who have its token.';
    case 'kicked':
      return 'The game has sent this phone away.';
    case 'gameOver':
    case 'hostGone':
    case 'stopped':
      return 'The game is over.';
    default:
      return `It did not work: ${error.message}.`;
  }
}
