import { joinRoom, type RelayError, type Seat } from '../../../client/index.js';
import { byId, setText, showOnly } from '../dom.js';
import { explain } from '../explain.js';
import { decodeInk } from '../ink.js';
import { patiently } from '../patiently.js';
import { relayUrl } from '../relay-url.js';
import { decodeFromScreen, encode, MAX_NAME } from '../wire.js';
import { Desk } from './desk.js';
import { SCENES, showScene } from './scenes.js';

const NAME = 'sketch name';

/** A phone: it asks for a name, joins, and then shows what the screen says. */
export function openPhone(typed: string): void {
  const code = typed.trim();
  byId('phone').hidden = false;
  const form = byId('join', HTMLFormElement);
  const codeField = byId('code', HTMLInputElement);
  const nameField = byId('name', HTMLInputElement);
  codeField.value = code.toUpperCase();
  nameField.maxLength = MAX_NAME;
  nameField.value = storedName();
  form.onsubmit = (event) => {
    event.preventDefault();
    enter(codeField.value.trim(), nameField.value.trim());
  };
  // A page that is reloaded goes straight back to its seat.
  if (code !== '' && nameField.value !== '') enter(code, nameField.value);
  else (code === '' ? codeField : nameField).focus();
}

async function enter(code: string, name: string): Promise<void> {
  const button = byId('join-button', HTMLButtonElement);
  button.disabled = true;
  setText('join-problem', '');
  storeName(name);
  try {
    const join = () => joinRoom(relayUrl(), code);
    const waiting = () => setText('join-problem', 'There is a crowd at the door. One moment…');
    play(await patiently(join, waiting), name);
  } catch (error) {
    setText('join-problem', explain(error as RelayError));
  }
  button.disabled = false;
}

function play(me: Seat, name: string): void {
  history.replaceState(null, '', `?code=${me.code}`);
  const desk = new Desk((data) => me.send(data));
  const sayHello = (): void => me.send(encode({ is: 'hello', name }));

  byId('words').onclick = ({ target }) => {
    const index = (target as HTMLElement).closest('button')?.dataset['index'];
    if (index !== undefined) me.send(encode({ is: 'choose', index: Number(index) }));
  };
  byId('guess-form', HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    const field = byId('guess', HTMLInputElement);
    const text = field.value.trim();
    if (text !== '') me.send(encode({ is: 'guess', text }));
    // The focus stays, and so does the keyboard.
    field.value = '';
  };

  me.on('message', (data) => {
    if (typeof data !== 'string') {
      const ink = decodeInk(data);
      if (ink !== undefined) desk.ink(ink);
      return;
    }
    const message = decodeFromScreen(data);
    if (message?.is === 'view') showScene(message.view, message.left, desk);
    if (message?.is === 'verdict') desk.showVerdict(message.text, message.verdict);
    if (message?.is === 'sheet') desk.clear();
  });
  // The screen's page is new, or something is lost: its answer is everything there is to know.
  me.on('restart', () => {
    desk.repeat();
    sayHello();
  });
  me.on('gap', sayHello);
  me.on('status', (status) => {
    byId('away').hidden = status !== 'away';
  });
  me.on('close', (closed) => {
    byId('bar').hidden = true;
    showOnly(SCENES, 'join');
    setText('join-problem', explain(closed));
    // Another game begins on a fresh page.
    byId('join', HTMLFormElement).onsubmit = (event) => {
      event.preventDefault();
      storeName(byId('name', HTMLInputElement).value);
      location.assign(`?code=${encodeURIComponent(byId('code', HTMLInputElement).value)}`);
    };
  });
  sayHello();
}

/** Storage may be forbidden: then a reload asks for the name again. */
function storedName(): string {
  try {
    return sessionStorage.getItem(NAME) ?? '';
  } catch {
    return '';
  }
}

function storeName(name: string): void {
  try {
    sessionStorage.setItem(NAME, name);
  } catch {}
}
