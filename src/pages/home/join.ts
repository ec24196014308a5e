import { fetchJson } from '../../client/connection/fetch-json.js';
import { readCode, tidyCodeField } from '../room-code.js';

/** The name of the demo's rooms. Other games are joined on pages of their own. */
const DEMO = 'Sketch and guess';

/** The time limit for an answer, in milliseconds. */
const ANSWER_TIME = 5_000;

interface Parts {
  readonly field: HTMLInputElement;
  /** Where the result is shown. */
  readonly answer: HTMLElement;
  readonly relay: string;
}

/** The JSON that `GET /CODE` returns for a room. */
interface RoomInfo {
  readonly code: string;
  readonly name: string;
  readonly players: number;
  readonly max_players: number;
  readonly accept_conns: boolean;
}

/**
 * Asks the relay which game has the typed code. For the demo, the browser goes to its page; of any
 * other game the relay knows only the name. Without this script, the form goes to the demo.
 */
export function joinByCode(form: HTMLFormElement, { field, answer, relay }: Parts): void {
  const say = (text: string, problem = true): void => {
    answer.classList.toggle('problem', problem);
    answer.textContent = text;
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const code = readCode(field.value);
    if (code === undefined) return say(noRoom(field.value.toUpperCase()));
    say('Looking for the room…', false);
    try {
      const { status, body } = await fetchJson(`${relay}/${code}?format=json`, ANSWER_TIME);
      if (status === 404) return say(noRoom(code));
      if (status === 429) return say('Too many attempts. Wait a minute, then try again.');
      // Something answers, such as a proxy, but not a relay.
      if (status !== 200 || !('name' in body)) return say('This relay is not working.');
      const room = body as unknown as RoomInfo;
      if (room.name === DEMO) location.assign(`${relay}/sketch?code=${code}`);
      else say(describe(room), false);
    } catch {
      say('This relay is not responding. Check that this device is on the same network.');
    }
  });
  field.addEventListener('input', () => {
    say('');
    tidyCodeField(field);
  });
}

function noRoom(code: string): string {
  return `No room has the code ${code}. Check the code on the big screen.`;
}

function describe({
  code,
  name,
  players,
  max_players: maxPlayers,
  accept_conns: open,
}: RoomInfo): string {
  const game = name === '' ? 'a game without a name' : `“${name}”`;
  const full =
    players >= maxPlayers ? 'full' : open ? 'open to new players' : 'closed to new players';
  return `${code} is ${game}: ${players} of ${maxPlayers} players, ${full}. Its big screen shows how to join.`;
}
