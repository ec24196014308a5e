import { joinAudience, joinRoom, type RelayError, type Seat } from '../../../client/index.js';
import { byId } from '../../by-id.js';
import { readCode, tidyCodeField } from '../../room-code.js';
import { setText } from '../dom.js';
import { explain, explainClose, explainRetry } from '../explain.js';
import { decodeInk } from '../ink.js';
import { plainText } from '../plain-text.js';
import { relayUrl } from '../relay-url.js';
import type { SharedGame } from '../shared-game.js';
import { followVisibleHeight } from '../visible-height.js';
import { keepAwake } from '../wake-lock.js';
import { type About, decodeFromScreen, encode, MAX_NAME } from '../wire.js';
import { withRetries } from '../with-retries.js';
import { type PhoneViewer, watchGame } from './audience.js';
import { onVote } from './ballot.js';
import { DrawingBoard } from './drawing-board.js';
import { watchConnections } from './notice.js';
import { PhoneGame, type PhoneSeat } from './phone-game.js';
import { storedName, storeName } from './player-name.js';
import { showJoinForm } from './scenes.js';

/**
 * A phone: it asks for a name, joins, and then shows the game.
 *
 * @param watches whether it only watches, without a name
 */
export function openPhone(typed: string, watches: boolean): void {
  followVisibleHeight();
  byId('phone').hidden = false;
  const codeField = byId('code', HTMLInputElement);
  const nameField = byId('name', HTMLInputElement);
  const { name, isOfThisTab } = storedName();
  codeField.value = readCode(typed) ?? typed.trim().toUpperCase();
  codeField.oninput = () => tidyCodeField(codeField);
  nameField.maxLength = MAX_NAME;
  nameField.value = name;
  let seat: PhoneSeat | undefined;
  const drawingBoard = new DrawingBoard((data) => seat?.send(data));
  const join = (): void =>
    void enter(codeField.value, async (code) => {
      const called = plainText(nameField.value, MAX_NAME);
      if (called === '') return refuse('name', 'Type your name.');
      storeName(called);
      const joined = await joinOrWatch(code, called);
      if (!('id' in joined)) return watch(joined);
      seat = joined;
      play(seat, called, drawingBoard);
    });
  const onlyWatch = (): void =>
    void enter(codeField.value, async (code) =>
      watch(await joinAudience<SharedGame>(relayUrl(), code)),
    );
  byId('join', HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    join();
  };
  byId('watch').onclick = onlyWatch;
  if (codeField.value === '') codeField.focus();
  else if (watches) onlyWatch();
  // A reloaded page rejoins without asking; an impossible code is reported at once.
  else if (isOfThisTab || readCode(typed) === undefined) join();
  else nameField.focus();
}

/** Enters a room by its code; shows why, if that is not possible. */
async function enter(typed: string, attempt: (code: string) => Promise<void> | void) {
  const code = readCode(typed);
  if (code === undefined)
    return refuse(
      'code',
      'There is no room with this code. A code has only letters, at least four.',
    );
  const buttons = [byId('join-button', HTMLButtonElement), byId('watch', HTMLButtonElement)];
  for (const button of buttons) button.disabled = true;
  setText('join-problem', '');
  try {
    await withRetries(
      async () => attempt(code),
      (busy) => setText('join-problem', explainRetry(busy)),
    );
  } catch (error) {
    const { code } = error as RelayError;
    if (code === 'noSuchRoom') refuse('code', explain(error as RelayError));
    else setText('join-problem', explain(error as RelayError));
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** Joins as a player; as a viewer if the room is full. */
async function joinOrWatch(code: string, name: string): Promise<PhoneSeat | PhoneViewer> {
  const about: About = { name };
  try {
    return await joinRoom<SharedGame>(relayUrl(), code, { about });
  } catch (error) {
    if ((error as RelayError).code !== 'roomFull') throw error;
    // A room that cannot be watched is just full.
    return joinAudience<SharedGame>(relayUrl(), code).catch(() => Promise.reject(error));
  }
}

/** Shows why a field is refused, and selects it to be filled in again. */
function refuse(id: 'code' | 'name', reason: string): void {
  setText('join-problem', reason);
  const field = byId(id, HTMLInputElement);
  field.focus();
  field.select();
}

function watch(me: PhoneViewer): void {
  enterRoom(me, `?watch=${me.code}`);
  watchGame(me);
}

function play(me: PhoneSeat, name: string, drawingBoard: DrawingBoard): void {
  enterRoom(me, `?code=${me.code}`);
  drawingBoard.reset();
  listenToPlayer(me);

  const game = new PhoneGame(me, name, drawingBoard);
  me.on('message', (data) => {
    if (typeof data !== 'string') {
      const ink = decodeInk(data);
      if (ink !== undefined) drawingBoard.ink(ink);
      return;
    }
    const message = decodeFromScreen(data);
    if (message?.is === 'secret') game.tell(message);
    if (message?.is === 'verdict') drawingBoard.showVerdict(message.text, message.verdict);
    if (message?.is === 'sheet') drawingBoard.clear();
  });
  me.on('restart', () => drawingBoard.repeat());
  watchConnections(me);
  onVote((turn) => me.send(encode({ is: 'vote', turn })));
}

/** A seat or a viewer. */
interface Closable {
  on(name: 'close', listener: (error: RelayError) => void): unknown;
}

/** What is the same for players and viewers. @param query of this page, for a reload */
function enterRoom(me: Closable, query: string): void {
  setText('join-problem', '');
  remember(query);
  const letSleep = keepAwake();
  me.on('close', (error) => {
    letSleep();
    showJoinForm();
    const isLost = error.code === 'noSuchRoom';
    const next = isLost ? ' Enter the new code from the big screen.' : '';
    setText('join-problem', explainClose(error) + next);
    // A room that is over is never joined again.
    if (error.retry === 'no' && error.code !== 'replaced')
      byId('code', HTMLInputElement).value = '';
  });
}

/** The player's buttons and fields. */
function listenToPlayer(me: Seat): void {
  byId('words').onclick = ({ target }) => {
    const index = (target as HTMLElement).closest('button')?.dataset['index'];
    if (index !== undefined) me.send(encode({ is: 'choose', index: Number(index) }));
  };
  byId('phone-start').onclick = () => me.send(encode({ is: 'start' }));
  byId('guess-form', HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    const field = byId('guess', HTMLInputElement);
    const text = field.value.trim();
    if (text !== '') me.send(encode({ is: 'guess', text }));
    // The field keeps the focus, so that the keyboard stays open.
    field.value = '';
  };
}

/** Keeps the code for a reload. A browser may refuse it, for example if it is asked too often. */
function remember(query: string): void {
  try {
    history.replaceState(null, '', query);
  } catch {}
}
