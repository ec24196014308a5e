import { isVisible, listen, now } from '../../client/browser.js';
import { fetchJson } from '../../client/connection/fetch-json.js';

/** The interval between checks while the page is visible, in milliseconds. */
const EVERY = 15_000;

/** The time limit for an answer, in milliseconds. */
const ANSWER_TIME = 5_000;

const TEXTS = {
  checking: 'Checking this relay…',
  up: 'This relay is up',
  overloaded: 'Overloaded: no new rooms or players',
  draining: 'Shutting down: no new rooms',
  unreachable: 'This relay is not responding',
  /** Something answers, such as a proxy, but not a relay. */
  broken: 'This relay is not working',
};

type State = keyof typeof TEXTS;

/**
 * Shows the state of the relay, by `GET /ready`, and keeps it current. A page may stay open on a TV
 * for hours, or come from a cache, so a state is shown only after a check.
 */
export function watchRelay(shown: HTMLElement, relay: string): void {
  let checks = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;
  const show = (state: State): void => {
    shown.hidden = false;
    if (shown.dataset['state'] === state && shown.textContent === TEXTS[state]) return;
    shown.dataset['state'] = state;
    shown.textContent = TEXTS[state];
  };
  const check = async (): Promise<void> => {
    if (!isVisible()) return;
    const number = ++checks;
    if (now() - checkedAt > 2 * EVERY) show('checking');
    const state = await stateOf(relay);
    // A later check has started: this answer is out of date.
    if (number !== checks) return;
    checkedAt = now();
    show(state);
  };
  listen(() => document, 'visibilitychange', check);
  for (const name of ['pageshow', 'online', 'offline']) listen(() => window, name, check);
  setInterval(check, EVERY);
  void check();
}

async function stateOf(relay: string): Promise<State> {
  try {
    const { status, body } = await fetchJson(`${relay}/ready`, ANSWER_TIME, { cache: 'no-store' });
    if (status === 200 && body['status'] === 'ok') return 'up';
    const said = body['status'];
    return said === 'overloaded' || said === 'draining' ? said : 'broken';
  } catch {
    return 'unreachable';
  }
}
