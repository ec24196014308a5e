import type { Player, Room } from '../../../client/index.js';
import { type Game, newGame } from '../game.js';
import type { Verdict } from '../guess.js';
import { decodeInk, encodeInk, Sheet, type Stroke, splitStroke } from '../ink.js';
import { enter } from '../players.js';
import { advance, choose, guess, leave, setAway } from '../turns.js';
import { decodeFromPhone, encode, type FromPhone } from '../wire.js';
import { timeLeft, viewFor } from './view-for.js';

/** What the screen keeps over a reload, for as long as its tab is open. */
export interface Saved {
  readonly game: Game;
  readonly strokes: readonly Stroke[];
}

/** What the party tells the page. */
export interface PartyEvents {
  /** Something has changed that is to be shown. */
  changed(): void;
  /** Something was added to the sheet; if `anew`, something is gone from it. */
  inked(anew: boolean): void;
  guessed(id: number, text: string, verdict: Verdict): void;
}

/** The game and the phones: what they say changes the game, and the game is told to them. */
export class Party {
  readonly room: Room;
  readonly #events: PartyEvents;
  #game: Game;
  #sheet: Sheet;
  /** What each phone shows: it is only told what is new. */
  readonly #shown = new Map<number, string>();

  constructor(room: Room, saved: Saved | undefined, events: PartyEvents) {
    this.room = room;
    this.#events = events;
    this.#game = saved?.game ?? newGame();
    this.#sheet = new Sheet(saved?.strokes);
    this.#catchUp();
    room.on('message', (player, data) => this.#receive(player, data));
    room.on('leave', ({ id }) => this.change((game) => leave(game, id, Date.now())));
    room.on('away', ({ id }) => this.change((game) => setAway(game, id, true, Date.now())));
    room.on('back', ({ id }) => this.change((game) => setAway(game, id, false, Date.now())));
  }

  get game(): Game {
    return this.#game;
  }

  get sheet(): Sheet {
    return this.#sheet;
  }

  /** Goes on when it is time. To be called a few times a second. */
  tick(): void {
    this.change((game) => advance(game, Date.now()));
  }

  /** Makes the next game of this one, and tells everybody. */
  change(next: (game: Game) => Game): void {
    const before = this.#game;
    this.#set(next(before));
    if (this.#game.turn !== before.turn) this.#events.inked(true);
    // A letter may be given away without any change of the game.
    if (this.#tell() || this.#game !== before) this.#events.changed();
  }

  #set(game: Game): void {
    if (game.turn !== this.#game.turn) this.#sheet = new Sheet();
    this.#game = game;
  }

  /** After a reload: who has left meanwhile, and who is cut off? */
  #catchUp(): void {
    const now = Date.now();
    for (const { id } of this.#game.players) {
      const player = this.room.players.find((each) => each.id === id);
      const { away } = player ?? {};
      this.#set(
        away === undefined ? leave(this.#game, id, now) : setAway(this.#game, id, away, now),
      );
    }
    this.#tell();
  }

  #receive(player: Player, data: string | Uint8Array): void {
    if (typeof data !== 'string') return this.#receiveInk(player, data);
    const message = decodeFromPhone(data);
    if (message !== undefined) this.#receiveMessage(player, message);
  }

  #receiveMessage(player: Player, message: FromPhone): void {
    const { id } = player;
    switch (message.is) {
      case 'hello':
        return this.#welcome(player, message.name);
      case 'choose':
        return this.change((game) => choose(game, id, message.index, Date.now()));
      case 'guess':
        return this.#guess(player, message.text);
      default:
        return message satisfies never;
    }
  }

  /** The page is new, there or here: it is told everything. */
  #welcome(player: Player, name: string): void {
    this.#shown.delete(player.id);
    this.change((game) => enter(game, player.id, name));
    if (!this.#isDrawer(player)) return;
    player.send(encode({ is: 'sheet' }));
    for (const stroke of this.#sheet.strokes) {
      for (const ink of splitStroke(stroke)) player.send(encodeInk(ink));
    }
  }

  #guess(player: Player, text: string): void {
    const { game, verdict } = guess(this.#game, player.id, text, Date.now());
    if (verdict === undefined) return;
    player.send(encode({ is: 'verdict', text, verdict }));
    // What is close would help the others.
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

  /** Whether there was something new for anybody. */
  #tell(): boolean {
    const now = Date.now();
    const left = timeLeft(this.#game, now);
    let told = false;
    for (const player of this.room.players) {
      const view = viewFor(this.#game, player.id, now);
      if (view === undefined) continue;
      const text = JSON.stringify(view);
      if (this.#shown.get(player.id) === text) continue;
      this.#shown.set(player.id, text);
      player.send(encode({ is: 'view', view, left }));
      told = true;
    }
    return told;
  }
}
