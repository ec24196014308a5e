import { now } from '../../../client/browser.js';
import { byId } from '../../by-id.js';
import { SheetView } from '../canvas.js';
import { Countdown, create, setText, showOnly, showWord } from '../dom.js';
import type { Game, Phase } from '../game.js';
import type { Verdict } from '../guess.js';
import { mask } from '../hints.js';
import { Sheet } from '../ink.js';
import { canStart, findPlayer, nameOf } from '../players.js';
import { winners } from '../scoring.js';
import type { Party } from './party.js';
import { guestList, others, podiumSteps, scoreList } from './people.js';
import { timeLeft } from './phase-end.js';
import { showBest, showVote } from './vote-stage.js';

/** The sections of the big screen, of which one is shown. */
export const SECTIONS = ['standby', 'lobby', 'turn', 'vote', 'podium'];
/** The number of guesses that stay on the screen. */
const MAX_GUESSES = 12;
/** How many names the result shows; for more players, it shows their number. */
const MAX_NAMES = 2;

/** Shows the game on the big screen. */
export class Stage {
  readonly #countdown = new Countdown('time');
  readonly #voteCountdown = new Countdown('vote-time');
  readonly #sheet: SheetView;
  #party: Party | undefined;
  #turn = -1;

  constructor() {
    this.#sheet = new SheetView(byId('sheet', HTMLCanvasElement), new Sheet());
  }

  /** Shows the game as it is. */
  show(party: Party): void {
    // Every room counts its turns from the first one on.
    if (this.#party !== party) this.#turn = -1;
    this.#party = party;
    const { game } = party;
    const { phase } = game;
    showOnly(SECTIONS, sectionOf(phase));
    setText('announcement', announcementOf(game));
    const left = phase.is === 'reveal' ? null : timeLeft(game, Date.now());
    const end = left === null ? undefined : now() + left;
    this.#countdown.set(end);
    this.#voteCountdown.set(end);
    showViewers(party.room.audience);
    switch (phase.is) {
      case 'lobby':
        return showLobby(game);
      case 'podium':
        byId('end-dialog', HTMLDialogElement).close();
        showBest(party);
        return showPodium(game);
      case 'voting':
        byId('end-dialog', HTMLDialogElement).close();
        return showVote(party);
      case 'choosing':
      case 'drawing':
      case 'reveal':
        return this.#showTurn(game);
      default:
        return phase satisfies never;
    }
  }

  /** The sheet has changed; if `anew`, not only by additions. */
  ink(anew: boolean): void {
    if (this.#party === undefined) return;
    if (anew) this.#sheet.show(this.#party.sheet);
    else this.#sheet.update();
  }

  showGuess(name: string, text: string, verdict: Verdict): void {
    const isRight = verdict === 'right';
    const line = create('li', isRight ? 'guess is-right' : 'guess');
    const who = create('b');
    who.append(create('bdi', '', name), isRight ? '' : ':');
    line.append(who, ' ', isRight ? 'got it!' : create('bdi', '', text));
    const list = byId('guesses');
    list.append(line);
    while (list.childElementCount > MAX_GUESSES) list.firstElementChild?.remove();
  }

  #showTurn(game: Game): void {
    const { phase } = game;
    if (this.#turn !== game.turn) {
      this.#turn = game.turn;
      byId('guesses').replaceChildren();
    }
    setText('round', `Round ${game.round} of ${game.rounds}`);
    byId('scores').replaceChildren(...scoreList(game));
    byId('curtain').hidden = phase.is !== 'choosing';
    byId('word').hidden = phase.is === 'choosing';
    byId('result').hidden = phase.is !== 'reveal';
    if (phase.is === 'drawing') {
      setText('who', `${nameOf(game, phase.drawer)} draws`);
      showWord('word', mask(phase, Date.now()));
    }
    if (phase.is === 'choosing') {
      setText('who', 'Next up');
      setText('curtain-title', nameOf(game, phase.drawer));
      setText('curtain-text', 'is choosing a word');
    }
    if (phase.is === 'reveal') {
      setText('who', `${nameOf(game, phase.drawer)} drew`);
      showWord('word', phase.word);
      setText('result', canStart(game) ? resultOf(game) : 'Waiting for more players…');
    }
  }
}

function sectionOf(phase: Phase): string {
  if (phase.is === 'voting') return 'vote';
  return phase.is === 'lobby' || phase.is === 'podium' ? phase.is : 'turn';
}

/** How many people watch without playing. */
function showViewers(count: number): void {
  for (const id of ['viewers', 'viewers-small', 'viewers-vote']) {
    byId(id).hidden = count === 0;
    setText(id, count === 1 ? '1 viewer' : `${count} viewers`);
  }
}

function showLobby(game: Game): void {
  byId('guests').replaceChildren(...guestList(game));
  byId('nobody').hidden = game.players.length > 0;
  byId('start', HTMLButtonElement).disabled = !canStart(game);
  setText('start-note', canStart(game) ? 'Is everyone here?' : 'For 2 to 8 players.');
}

function showPodium(game: Game): void {
  const { length } = winners(game);
  setText('podium-begin', length === 0 ? 'This time' : 'And the');
  setText('podium-end', length === 0 ? 'nobody won' : length === 1 ? 'winner is' : 'winners are');
  byId('nobody-won').hidden = length > 0;
  for (const id of ['steps', 'others']) byId(id).hidden = length === 0;
  byId('steps').replaceChildren(...podiumSteps(game));
  byId('others').replaceChildren(...others(game));
  byId('again', HTMLButtonElement).disabled = !canStart(game);
}

/** What is going on, in a sentence for screen readers. */
function announcementOf(game: Game): string {
  const { phase } = game;
  switch (phase.is) {
    case 'lobby':
      return `${game.players.length} ${game.players.length === 1 ? 'player has' : 'players have'} joined.`;
    case 'choosing':
      return `${nameOf(game, phase.drawer)} is choosing a word.`;
    case 'drawing':
      return `${nameOf(game, phase.drawer)} draws. Guess!`;
    case 'reveal':
      return `The word was ${phase.word}. ${resultOf(game)}`;
    case 'voting':
      return 'Vote for the best drawing.';
    case 'podium':
      return 'The game is over.';
    default:
      return phase satisfies never;
  }
}

function resultOf(game: Game): string {
  const { phase } = game;
  if (phase.is !== 'reveal') return '';
  if (phase.ending === 'drawer') return 'The player who drew has left.';
  const names = phase.gains
    .filter(({ id }) => id !== phase.drawer)
    .flatMap(({ id }) => findPlayer(game, id)?.name ?? []);
  if (phase.ending === 'everybody') return 'Everybody got it!';
  if (names.length > MAX_NAMES) return `${names.length} players got it.`;
  return names.length === 0 ? 'Nobody got it.' : `${names.join(' and ')} got it.`;
}
