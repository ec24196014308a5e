// A headless host: the relay starts it, it opens a room, and players guess its number.
import { randomInt } from 'node:crypto';
import { createRoom } from 'lobby-relay/client';
import { WebSocket } from 'ws';

const HIGHEST = 100;
let secret = 1 + randomInt(HIGHEST);

// This URL contains a token that opens one room. The relay sends players there from now on: nobody
// has to type the room's code.
const room = await createRoom(process.env.LAUNCH_CREATE_URL, {
  WebSocket,
  name: 'Guess the number',
  maxPlayers: 4,
});

room.on('join', (player) => {
  player.send(`You are player ${player.id}. Guess a number from 1 to ${HIGHEST}.`);
});
room.on('message', judge);

// The relay ends this process when nobody has played for `emptyTime`; the room ends with the process.
room.on('close', () => process.exit());

function judge(player, message) {
  const number = Number(message);
  if (!Number.isInteger(number)) return player.send('That is no number.');
  if (number < secret) return player.send(`${number} is too small.`);
  if (number > secret) return player.send(`${number} is too large.`);
  secret = 1 + randomInt(HIGHEST);
  room.send(`Player ${player.id} has found ${number}! Guess the next number.`);
}
