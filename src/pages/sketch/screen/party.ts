import type { Player, Room, SharedState } from '../../../client/index.js';
import { type Game, newGame } from '../game.js';
import type { Verdict } from '../guess.js';
import { decodeInk, encodeInk, Sheet, type Stroke, splitStroke } from '../ink.js';
import { enter, nameOf } from '../players.js';
import { type SharedGame, shareGame } from '../shared-game.js';
import { advance, choose, guess, leave, setDisconnected, start } from '../turns.js';
import { addDrawing, vote } from '../voting.js';
import { decodeFromPhone, encode, type FromPhone, readName } from '../wire.js';
import { AudiencePoll } from './audience-poll.js';
import { PhaseEnd } from './phase-end.js';
import { secretOf } from './secret-of.js';

/** What the screen keeps across a reload, for as long as its tab is open. */
export interface Saved {
  readonly game: Game;
  readonly strokes: readonly Stroke[];
  /** The drawings of this game, with their turns. */
  readonly pictures?: readonly (readonly [turn: number, strokes: readonly Stroke[]])[];
}

/** What the party reports to the page. */
export interface PartyEvents {
  /** The game has changed. */
  changed(): void;
  /** The sheet has changed; if `anew`, not only by additions. */
  inked(anew: boolean): void;
  guessed(id: number, text: string, verdict: Verdict): void;
}

/** Connects the game with the phones: their messages change it, and its changes are sent to them. */
export class Party {
  readonly room: Room;
  readonly #events: PartyEvents;
  #game: Game;
  #sheet: Sheet;
  /** The drawings of this game, by turn. */
  readonly pictures: Map<number, readonly Stroke[]>;
  readonly #poll: AudiencePoll;
  readonly #end: PhaseEnd;
  readonly #shared: SharedState<SharedGame>;
  /** What the drawer was last told, as JSON. */
  #told = '';

  constructor(room: Room, saved: Saved | undefined, events: PartyEvents) {
    this.room = room;
    this.#events = events;
    this.#game = { ...newGame(), ...saved?.game };
    this.pictures = new Map(saved?.pictures);
    this.#poll = new AudiencePoll(room);
    this.#sheet = new Sheet(saved?.strokes);
    this.#end = new PhaseEnd(() => room.time());
    this.#catchUp();
    this.#shared = room.shareState(this.#sharedGame());
    room.on('join', (player) => this.#enter(player));
    room.on('about', (player) => this.#enter(player));
    room.on('message', (player, data) => this.#receive(player, data));
    room.on('tally', (counts) => {
      const tally = Object.fromEntries(counts);
      this.change((game) => ({ ...game, tally }));
    });
    room.on('audience', () => {
      this.#poll.follow(this.#game);
      events.changed();
    });
    room.on('leave', ({ id }) => this.change((game) => leave(game, id, Date.now())));
    room.on('away', ({ id }) => this.change((game) => setDisconnected(game, id, true, Date.now())));
    room.on('back', ({ id }) =>
      this.change((game) => setDisconnected(game, id, false, Date.now())),
    );
  }

  get game(): Game {
    return this.#game;
  }

  get sheet(): Sheet {
    return this.#sheet;
  }

  /** Advances the game when its time has come. Call it a few times per second. */
  tick(): void {
    this.change((game) => advance(game, Date.now()));
  }

  /** Starts the game, or the next one. Does nothing with too few players, or during a game. */
  start(): void {
    this.change((game) => start(game, game.rounds, Date.now()));
  }

  /** Replaces the game with the next state, and sends the changes to the phones. */
  change(next: (game: Game) => Game): void {
    const before = this.#game;
    this.#set(next(before));
    this.#poll.follow(this.#game);
    if (this.#game.turn !== before.turn) this.#events.inked(true);
    // A hint may be due without any change of the game.
    if (this.#share() || this.#game !== before) this.#events.changed();
  }

  #set(game: Game): void {
    const next = this.#keepDrawing(game);
    if (game.turn !== this.#game.turn) this.#sheet = new Sheet();
    this.#game = next;
  }

  /** A drawing can be voted for as soon as its turn is over. */
  #keepDrawing(next: Game): Game {
    if (next.drawings.length === 0) this.pictures.clear();
    const { phase, turn } = this.#game;
    const { strokes } = this.#sheet;
    if (phase.is !== 'drawing' || next.phase.is !== 'reveal' || strokes.length === 0) return next;
    const { drawer, word } = phase;
    this.pictures.set(turn, strokes);
    return addDrawing(next, { turn, drawer, name: nameOf(this.#game, drawer), word });
  }

  /** After a reload: finds out which players have left and which are disconnected. */
  #catchUp(): void {
    const now = Date.now();
    for (const { id } of this.#game.players) {
      const player = this.room.players.find((each) => each.id === id);
      const { away } = player ?? {};
      this.#set(
        away === undefined
          ? leave(this.#game, id, now)
          : setDisconnected(this.#game, id, away, now),
      );
    }
    this.#tellDrawer();
  }

  #receive(player: Player, data: string | Uint8Array): void {
    if (typeof data !== 'string') return this.#receiveInk(player, data);
    const message = decodeFromPhone(data);
    if (message !== undefined) this.#receiveMessage(player, message);
  }

  #receiveMessage(player: Player, message: FromPhone): void {
    const { id } = player;
    switch (message.is) {
      case 'choose':
        return this.change((game) => choose(game, id, message.index, Date.now()));
      case 'guess':
        return this.#guess(player, message.text);
      case 'vote':
        return this.change((game) => vote(game, id, message.turn));
      case 'again':
        return this.#repeat(player);
      case 'start':
        return this.start();
      default:
        return message satisfies never;
    }
  }

  /** A player without a name is not in the game. */
  #enter({ id, about }: Player): void {
    const name = readName(about);
    if (name !== '') this.change((game) => enter(game, id, name));
  }

  /** The drawer's page is new, or has lost messages. */
  #repeat(player: Player): void {
    const secret = secretOf(this.#game);
    if (secret?.drawer !== player.id) return;
    player.send(encode(secret.message));
    player.send(encode({ is: 'sheet' }));
    for (const stroke of this.#sheet.strokes) {
      for (const ink of splitStroke(stroke)) player.send(encodeInk(ink));
    }
  }

  #guess(player: Player, text: string): void {
    const { game, verdict } = guess(this.#game, player.id, text, Date.now());
    if (verdict === undefined) return;
    player.send(encode({ is: 'verdict', text, verdict }));
    // A close guess would help the others.
    if (verdict !== 'close') this.#events.guessed(player.id, text, verdict);
    this.change(() => game);
  }

  #receiveInk(player: Player, bytes: Uint8Array): void {
    const ink = decodeInk(bytes);
    if (ink === undefined || !this.#isDrawer(player)) return;
    this.#sheet.apply(ink);
    this.#events.inked(ink.is === 'undo' || ink.is === 'clear');
  }

  #isDrawer({ id }: Player): boolean {
    const { phase } = this.#game;
    return phase.is === 'drawing' && phase.drawer === id;
  }

  /** Shares what has changed; returns whether anything has. */
  #share(): boolean {
    // First, so that the drawer's phone knows the word when the turn begins.
    this.#tellDrawer();
    const before = this.#shared.value;
    this.#shared.set(this.#sharedGame());
    return this.#shared.value !== before;
  }

  #sharedGame(): SharedGame {
    const now = Date.now();
    return shareGame(this.#game, now, this.#end.of(this.#game, now));
  }

  #tellDrawer(): void {
    const secret = secretOf(this.#game);
    if (secret === undefined) return;
    const text = encode(secret.message);
    if (text === this.#told) return;
    this.#told = text;
    this.room.players.find(({ id }) => id === secret.drawer)?.send(text);
  }
}
