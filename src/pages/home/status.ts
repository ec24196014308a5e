/** How often the relay is asked while somebody looks, in milliseconds. */
const EVERY = 15_000;

type State = 'up' | 'busy' | 'gone';

const SAYING: Record<State, string> = {
  up: 'This relay is up',
  busy: 'Up, but no new rooms just now',
  gone: 'This relay does not answer',
};

/** Keeps saying how the relay is: a page may be left open on a TV for hours. */
export function watchRelay(shown: HTMLElement, relay: string): void {
  const look = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    const state = await ask(relay);
    if (shown.dataset['state'] === state) return;
    shown.dataset['state'] = state;
    shown.textContent = SAYING[state];
  };
  document.addEventListener('visibilitychange', look);
  setInterval(look, EVERY);
  void look();
}

async function ask(relay: string): Promise<State> {
  try {
    return (await fetch(`${relay}/ready`)).ok ? 'up' : 'busy';
  } catch {
    return 'gone';
  }
}
