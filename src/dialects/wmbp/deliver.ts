import { CommandError } from '../../protocol/wmbp/command-error.js';
import type { DeliveryCommand } from '../../protocol/wmbp/commands.js';
import type { Room } from '../../rooms/room.js';
import type { ValueRefusal } from '../../rooms/values.js';

/** Sends a message to players and the audience. Returns how many receive it, or why it has no effect. */
export function deliver(room: Room, command: DeliveryCommand): number | CommandError {
  switch (command.cmd) {
    case 'sendExcept':
      return room.deliveries.sendExcept(command.except, command.payload, command.audience);
    case 'sendToAudience':
      return room.deliveries.sendToAudience(command.audience, command.to, command.payload);
    case 'keep': {
      const { to, key, payload, audience, later } = command;
      const result = room.deliveries.keep(to, key, payload, { audience, later });
      return typeof result === 'number' ? result : new CommandError('keep_full', reason(result));
    }
    default:
      return command satisfies never;
  }
}

function reason(refusal: ValueRefusal): string {
  switch (refusal.is) {
    case 'tooManyKeys':
      return `keep: expected at most ${refusal.limit} keys, for everybody and for each player`;
    case 'tooManyBytes':
      return `keep: expected at most ${refusal.limit} bytes in all values of the room`;
    case 'noMemory':
      return 'keep: the values of all rooms take too much memory';
    default:
      return refusal satisfies never;
  }
}
