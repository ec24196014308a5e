import { listen } from '../../../client/browser.js';
import { createRoom, type RelayError, type Room } from '../../../client/index.js';
import { byId } from '../../by-id.js';
import { setText, showOnly } from '../dom.js';
import { explain, explainClose, explainRetry } from '../explain.js';
import { MAX_PLAYERS } from '../game.js';
import { findPlayer } from '../players.js';
import { relayUrl } from '../relay-url.js';
import { finish } from '../turns.js';
import { keepAwake } from '../wake-lock.js';
import { withRetries } from '../with-retries.js';
import { confirmEnd } from './confirm-end.js';
import { showInvitation } from './invitation.js';
import { Party } from './party.js';
import { load, save } from './saved.js';
import { SECTIONS, Stage } from './stage.js';
import { showStandby } from './standby.js';

/** The most viewers. */
const MAX_AUDIENCE = 1_000;
/** The reconnect window of phones and of the screen, in seconds. */
const HOLD = 600;
/** The interval at which the game checks the clock, in milliseconds. */
const TICK = 250;
/** The interval at which the game is saved, in milliseconds: not every reload gives a warning. */
const SAVE_EVERY = 2_000;

/** The big screen: it opens the room and runs the game. */
export function openScreen(): void {
  byId('screen').hidden = false;
  const stage = new Stage();
  byId('reopen').onclick = () => void open(stage);
  keepAwake();
  void open(stage);
}

async function open(stage: Stage): Promise<void> {
  const token = new URLSearchParams(location.search).get('token');
  const create = () =>
    createRoom(relayUrl(), {
      name: 'Sketch and guess',
      maxPlayers: MAX_PLAYERS,
      hold: HOLD,
      audience: MAX_AUDIENCE,
      ...(token !== null && { token }),
    });
  try {
    const wait = (busy: RelayError) => standBy('Opening a room…', explainRetry(busy));
    play(await withRetries(create, wait), stage);
  } catch (error) {
    standBy('Cannot open a room', explain(error as RelayError), 'Try again');
  }
}

function play(room: Room, stage: Stage): void {
  const party: Party = new Party(room, room.resumed ? load(room.code) : undefined, {
    changed: () => stage.show(party),
    inked: (anew) => stage.ink(anew),
    guessed: (id, text, verdict) =>
      stage.showGuess(findPlayer(party.game, id)?.name ?? '', text, verdict),
  });
  void showInvitation(room.code);
  stage.show(party);
  stage.ink(true);
  listenToOperator(party);

  const keep = (): void =>
    save(room.code, {
      game: party.game,
      strokes: party.sheet.strokes,
      pictures: [...party.pictures],
    });
  const timers = [setInterval(() => party.tick(), TICK), setInterval(keep, SAVE_EVERY)];
  const stopListening = listen(() => window, 'pagehide', keep);

  room.on('status', (status) => {
    byId('trouble').hidden = status !== 'away';
    if (status === 'away') setText('trouble', 'Connection lost. Reconnecting…');
  });
  room.on('close', (closed) => {
    for (const timer of timers) clearInterval(timer);
    stopListening();
    const text = `${explainClose(closed)} Open a new room, and everybody can join it with its code.`;
    standBy('This room is closed', text, 'Open a new room');
  });
}

/** The controls on the big screen. */
function listenToOperator(party: Party): void {
  const rounds = byId('rounds', HTMLSelectElement);
  rounds.value = String(party.game.rounds);
  rounds.onchange = () => party.change((game) => ({ ...game, rounds: Number(rounds.value) }));
  byId('start').onclick = () => party.start();
  byId('again').onclick = () => party.start();
  const end = (): void => party.change((game) => finish(game, Date.now()));
  byId('finish').onclick = () => confirmEnd(end);
  byId('count').onclick = end;
}

/** Replaces the game with a message while there is no room. */
function standBy(title: string, text: string, button?: string): void {
  byId('trouble').hidden = true;
  byId('end-dialog', HTMLDialogElement).close();
  showOnly(SECTIONS, 'standby');
  showStandby({ title, text, ...(button !== undefined && { button }) });
}
