import { createRoom, type RelayError, type Room } from '../../../client/index.js';
import { byId, setText } from '../dom.js';
import { explain } from '../explain.js';
import { MAX_PLAYERS } from '../game.js';
import { Sheet } from '../ink.js';
import { patiently } from '../patiently.js';
import { findPlayer } from '../players.js';
import { relayUrl } from '../relay-url.js';
import { finish, start } from '../turns.js';
import { showInvitation } from './invitation.js';
import { Party } from './party.js';
import { load, save } from './saved.js';
import { Stage } from './stage.js';

/** How long a locked phone has its seat, and a closed screen its room, in seconds. */
const HOLD = 600;
/** How often the clock is looked at, in milliseconds. */
const TICK = 250;
/** How often the game is put away for a reload that gives no warning, in milliseconds. */
const SAVE_EVERY = 2_000;

/** The big screen: it opens the room, and it has the game. */
export async function openScreen(): Promise<void> {
  byId('screen').hidden = false;
  document.title = 'Sketch and guess';
  const token = new URLSearchParams(location.search).get('token');
  const create = () =>
    createRoom(relayUrl(), {
      name: 'Sketch and guess',
      maxPlayers: MAX_PLAYERS,
      hold: HOLD,
      ...(token !== null && { token }),
    });
  try {
    const room = await patiently(create, () => showTrouble('The relay is busy. One moment…'));
    byId('trouble').hidden = true;
    play(room);
  } catch (error) {
    showTrouble(`There is no room to be had. ${explain(error as RelayError)}`);
  }
}

function play(room: Room): void {
  const stage = new Stage(new Sheet());
  const party: Party = new Party(room, room.resumed ? load(room.code) : undefined, {
    changed: () => stage.show(party),
    inked: (anew) => stage.ink(anew),
    guessed: (id, text, verdict) =>
      stage.showGuess(findPlayer(party.game, id)?.name ?? '', text, verdict),
  });
  showInvitation(room.code);
  stage.show(party);
  stage.ink(true);

  const rounds = byId('rounds', HTMLSelectElement);
  rounds.value = String(party.game.rounds);
  rounds.onchange = () => party.change((game) => ({ ...game, rounds: Number(rounds.value) }));
  const begin = (): void => party.change((game) => start(game, game.rounds, Date.now()));
  byId('start').onclick = begin;
  byId('again').onclick = begin;
  byId('finish').onclick = () => party.change(finish);

  const keep = (): void => save(room.code, { game: party.game, strokes: party.sheet.strokes });
  const timers = [setInterval(() => party.tick(), TICK), setInterval(keep, SAVE_EVERY)];
  addEventListener('pagehide', keep);

  room.on('status', (status) => {
    byId('trouble').hidden = status !== 'away';
    if (status === 'away') showTrouble('The connection is lost. One moment…');
  });
  room.on('close', ({ reason }) => {
    for (const timer of timers) clearInterval(timer);
    showTrouble(`This room is closed: ${reason}. Reload the page for a new one.`);
  });
}

function showTrouble(text: string): void {
  byId('trouble').hidden = false;
  setText('trouble', text);
}
