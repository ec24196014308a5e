import { byId } from '../../by-id.js';
import { Countdown, create, setText, showOnly, showWord } from '../dom.js';
import { showBallot } from './ballot.js';
import { bestText, type Scene, type View } from './view.js';

const SCENES = ['join', 'message', 'choose', 'draw', 'guessing', 'vote-phone'];

let countdown: Countdown | undefined;
let latest: Scene['is'] | undefined;

/** Shows the join form: before the game, and when it is over. */
export function showJoinForm(): void {
  countdown?.set(undefined);
  latest = undefined;
  byId('bar').hidden = true;
  byId('notice').hidden = true;
  showOnly(SCENES, 'join');
}

/** When the scene ends, by a clock. */
export interface SceneEnd {
  readonly ends: number | undefined;
  clock(): number | undefined;
}

/** Shows what the owner of this phone is to see. */
export function showScene(view: View, end?: SceneEnd): void {
  const { scene } = view;
  countdown ??= new Countdown('phone-time');
  countdown.set(end?.ends, end?.clock);
  byId('bar').hidden = false;
  setText('my-name', view.name);
  setText('my-points', pointsOf(view));
  showOnly(SCENES, sectionOf(scene));
  showStart(view);
  show(scene, view);
  if (latest === scene.is) return;
  latest = scene.is;
  // Screen readers and keyboards start at what is new.
  if (scene.is === 'guess') byId('guess').focus();
  else byId('phone').focus({ preventScroll: true });
}

function pointsOf({ round, rounds, place, points }: View): string {
  if (round === 0) return '';
  return place === 0 ? `Round ${round} of ${rounds}` : `${points} points · place ${place}`;
}

function sectionOf(scene: Scene): string {
  switch (scene.is) {
    case 'choose':
    case 'draw':
      return scene.is;
    case 'vote':
      return 'vote-phone';
    case 'guess':
      return 'guessing';
    case 'lobby':
    case 'wait':
    case 'guessed':
    case 'reveal':
    case 'podium':
    case 'awaitingSecret':
    case 'unknown':
    case 'watch':
      return 'message';
    default:
      return scene satisfies never;
  }
}

function show(scene: Scene, view: View): void {
  const { canStart, round, rounds } = view;
  switch (scene.is) {
    case 'lobby':
      return say('✎', 'You are in!', canStart ? 'Is everyone here?' : 'Waiting for more players…');
    case 'wait':
      return say('…', `${scene.drawer} is choosing`, 'Get ready to guess.');
    case 'guessed':
      return say('✓', 'You got it!', `Watch the others guess what ${scene.drawer} draws.`);
    case 'reveal':
      return say(
        scene.gain > 0 ? `+${scene.gain}` : '0',
        scene.word,
        `${scene.drawer ?? 'You'} drew this word.`,
      );
    case 'podium':
      return showPodium(scene, view);
    case 'awaitingSecret':
      return say('…', 'Your turn!', 'Waiting for the big screen…');
    case 'unknown': {
      const turn = scene.drawer === undefined ? '' : `: ${scene.drawer} draws`;
      const game = round === 0 ? '' : `Round ${round} of ${rounds}${turn}. `;
      return say('…', 'Almost in', `${game}You can play when the big screen is back.`);
    }
    case 'watch':
      return say(scene.mark, scene.title, scene.text);
    case 'vote':
      return showBallot(scene.drawings);
    case 'choose':
      return byId('words').replaceChildren(...scene.words.map(wordButton));
    case 'draw':
      return setText('my-word', scene.word);
    case 'guess':
      setText('drawer', `${scene.drawer} draws. What is it?`);
      return showWord('mask', scene.mask);
    default:
      return scene satisfies never;
  }
}

function showPodium(
  { winners, best }: Extract<Scene, { is: 'podium' }>,
  { place, players, points }: View,
): void {
  if (winners.length === 0) {
    const reason = 'The game ended before anybody guessed a word.';
    return say('0', 'Nobody won', bestText(best) || reason);
  }
  const title = place === 1 ? 'You win!' : `${winners.join(' and ')} won`;
  const text = `Place ${place} of ${players}, with ${points} points. ${bestText(best)}`;
  say(`${place}.`, title, text.trim());
}

/** Any player can start the game, and the next one. */
function showStart({ scene, canStart }: View): void {
  const isBetweenGames = scene.is === 'lobby' || scene.is === 'podium';
  byId('phone-start').hidden = !isBetweenGames || !canStart;
  setText('phone-start', scene.is === 'podium' ? 'Play again' : 'Start the game');
}

function say(mark: string, title: string, text: string): void {
  setText('message-mark', mark);
  setText('message-title', title);
  setText('message-text', text);
}

function wordButton(word: string, index: number): HTMLElement {
  const button = create('button', 'button word-button', word);
  button.type = 'button';
  button.dataset['index'] = String(index);
  return button;
}
