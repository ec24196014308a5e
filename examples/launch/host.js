// A headless host: the relay starts it, it opens a room, and players guess its number.
import { randomInt } from 'node:crypto';
import { WebSocket } from 'ws';

const HIGHEST = 100;
let secret = 1 + randomInt(HIGHEST);

// The query of this URL has a token that opens one room. This host uses JSON in place of CBOR.
const relay = new WebSocket(`${process.env.LAUNCH_CREATE_URL}&format=json`);
const send = (command) => relay.send(JSON.stringify(command));
const tell = (to, text) => send({ cmd: 'to_str', to, data: text });

// From now on the relay sends players here. Nobody has to type the room's code.
relay.on('open', () => send({ cmd: 'prepare', max_players: 4, name: 'Guess the number' }));

relay.on('message', (json) => {
  const event = JSON.parse(json);
  if (event.cmd === 'player_joined') {
    tell([event.player], `You are player ${event.player}. Guess a number from 1 to ${HIGHEST}.`);
  }
  if (event.cmd === 'from_str') judge(event.from, Number(event.data));
});

// The relay ends this process when nobody has played for `emptyTime`; the room ends with the process.
relay.on('close', () => process.exit());
relay.on('error', () => process.exit(1));

function judge(player, number) {
  if (!Number.isInteger(number)) return tell([player], 'That is no number.');
  if (number < secret) return tell([player], `${number} is too small.`);
  if (number > secret) return tell([player], `${number} is too large.`);
  secret = 1 + randomInt(HIGHEST);
  tell([], `Player ${player} has found ${number}! Guess the next number.`);
}
