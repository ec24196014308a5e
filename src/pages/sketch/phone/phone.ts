import { joinRoom, type RelayError, type Seat } from '../../../client/index.js';
import { readCode, tidyCodeField } from '../../room-code.js';
import { byId, setText } from '../dom.js';
import { explain, explainClose, explainRetry } from '../explain.js';
import { decodeInk } from '../ink.js';
import { plainText } from '../plain-text.js';
import { relayUrl } from '../relay-url.js';
import type { SharedGame } from '../shared-game.js';
import { followVisibleHeight } from '../visible-height.js';
import { keepAwake } from '../wake-lock.js';
import { type About, decodeFromScreen, encode, MAX_NAME } from '../wire.js';
import { withRetries } from '../with-retries.js';
import { Desk } from './desk.js';
import { watchConnections } from './notice.js';
import { PhoneGame, type PhoneSeat } from './phone-game.js';
import { storedName, storeName } from './player-name.js';
import { showJoinForm } from './scenes.js';

/** A phone: it asks for a name, joins, and then shows what the screen tells it to show. */
export function openPhone(typed: string): void {
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
  const desk = new Desk((data) => seat?.send(data));

  const enter = async (): Promise<void> => {
    const called = plainText(nameField.value, MAX_NAME);
    seat = await join(codeField.value, called);
    if (seat !== undefined) play(seat, called, desk);
  };
  byId('join', HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    void enter();
  };
  if (codeField.value === '') codeField.focus();
  // A reloaded page rejoins without asking; an impossible code is reported at once.
  else if (isOfThisTab || readCode(typed) === undefined) void enter();
  else nameField.focus();
}

/** Joins the room; returns `undefined`, and shows why, if that is not possible. */
async function join(typed: string, name: string): Promise<PhoneSeat | undefined> {
  const code = readCode(typed);
  if (code === undefined)
    return refuse(
      'code',
      'There is no room with this code. A code has only letters, at least four.',
    );
  if (name === '') return refuse('name', 'Type your name.');
  const button = byId('join-button', HTMLButtonElement);
  button.disabled = true;
  setText('join-problem', '');
  storeName(name);
  try {
    const about: About = { name };
    const join = () => joinRoom<SharedGame>(relayUrl(), code, { about });
    return await withRetries(join, (busy) => setText('join-problem', explainRetry(busy)));
  } catch (error) {
    const { code } = error as RelayError;
    if (code === 'noSuchRoom') return refuse('code', explain(error as RelayError));
    setText('join-problem', explain(error as RelayError));
    return undefined;
  } finally {
    button.disabled = false;
  }
}

/** Shows why a field is refused, and selects it to be filled in again. */
function refuse(id: 'code' | 'name', why: string): undefined {
  setText('join-problem', why);
  const field = byId(id, HTMLInputElement);
  field.focus();
  field.select();
}

function play(me: PhoneSeat, name: string, desk: Desk): void {
  setText('join-problem', '');
  rememberCode(me.code);
  const letSleep = keepAwake();
  desk.reset();
  listenToPlayer(me);

  const game = new PhoneGame(me, name, desk);
  me.on('message', (data) => {
    if (typeof data !== 'string') {
      const ink = decodeInk(data);
      if (ink !== undefined) desk.ink(ink);
      return;
    }
    const message = decodeFromScreen(data);
    if (message?.is === 'secret') game.tell(message);
    if (message?.is === 'verdict') desk.showVerdict(message.text, message.verdict);
    if (message?.is === 'sheet') desk.clear();
  });
  me.on('restart', () => desk.repeat());
  watchConnections(me);
  me.on('close', (closed) => {
    letSleep();
    showJoinForm();
    const isLost = closed.code === 'noSuchRoom';
    const next = isLost ? ' Enter the new code from the big screen.' : '';
    setText('join-problem', explainClose(closed) + next);
    // A room that is over is never joined again.
    if (closed.retry === 'no' && closed.code !== 'replaced')
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
function rememberCode(code: string): void {
  try {
    history.replaceState(null, '', `?code=${code}`);
  } catch {}
}
