/** The name of the demo's rooms: for any other game, only its own page can join. */
const DEMO = 'Sketch and guess';

interface Parts {
  readonly field: HTMLInputElement;
  /** Where it says what came of it. */
  readonly answer: HTMLElement;
  readonly relay: string;
}

/** What `GET /CODE` tells of a room, as JSON. */
interface RoomInfo {
  readonly code: string;
  readonly name: string;
  readonly players: number;
  readonly max_players: number;
  readonly accept_conns: boolean;
}

/**
 * Asks the relay which game has the code that was typed. The demo's players are led to it; of any
 * other game the relay knows the name, and the game's own screen where to join. Without this
 * script, the form leads to the demo.
 */
export function joinByCode(form: HTMLFormElement, { field, answer, relay }: Parts): void {
  const say = (text: string, problem = true): void => {
    answer.classList.toggle('problem', problem);
    answer.textContent = text;
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const code = field.value.toUpperCase();
    say('One moment…', false);
    try {
      const response = await fetch(`${relay}/${code}`, { headers: { Accept: 'application/json' } });
      if (response.status === 404) return say(`No room has the code ${code}. Look again?`);
      if (response.status === 429) return say('Too many tries. Wait a minute, then try again.');
      const room: RoomInfo = await response.json();
      if (room.name === DEMO) location.assign(`${relay}/sketch?code=${code}`);
      else say(describe(room), false);
    } catch {
      say('The relay does not answer. Are you still in its network?');
    }
  });
  field.addEventListener('input', () => {
    say('');
    // Spaces come with what is pasted, and from keyboards that guess words.
    const letters = field.value.replace(/\s/g, '').slice(0, 4);
    if (field.value !== letters) field.value = letters;
  });
}

function describe({
  code,
  name,
  players,
  max_players: most,
  accept_conns: open,
}: RoomInfo): string {
  const game = name === '' ? 'a game without a name' : `“${name}”`;
  const full =
    players >= most ? 'it is full' : open ? 'there is room for you' : 'its door is closed';
  return `${code} is ${game}: ${players} of ${most} players, ${full}. Its screen says where to join.`;
}
