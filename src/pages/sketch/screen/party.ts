import type { Player, Room } from '../../../client/index.js';
import { type Game, newGame } from '../game.js';
import type { Verdict } from '../guess.js';
import { decodeInk, encodeInk, Sheet, type Stroke, splitStroke } from '../ink.js';
import { enter } from '../players.js';
import { advance, choose, guess, leave, setDisconnected, start } from '../turns.js';
import { decodeFromPhone, encode, type FromPhone, readName } from '../wire.js';
import { timeLeft, viewFor } from './view-for.js';

/** What the screen keeps across a reload, for as long as its tab is open. */
export interface Saved {
  readonly game: Game;
  readonly strokes: readonly Stroke[];
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
  /** The view that each phone shows, as JSON: a view is sent only if it has changed. */
  readonly #shown = new Map<number, string>();

  constructor(room: Room, saved: Saved | undefined, events: PartyEvents) {
    this.room = room;
    this.#events = events;
    this.#game = saved?.game ?? newGame();
    this.#sheet = new Sheet(saved?.strokes);
    this.#catchUp();
    room.on('join', (player) => this.#enter(player));
    room.on('about', (player) => this.#enter(player));
    room.on('restart', (player) => this.#repeat(player));
    room.on('lost', (player) => this.#repeat(player));
    room.on('message', (player, data) => this.#receive(player, data));
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
    if (this.#game.turn !== before.turn) this.#events.inked(true);
    // A hint may be due without any change of the game.
    if (this.#tell() || this.#game !== before) this.#events.changed();
  }

  #set(game: Game): void {
    if (game.turn !== this.#game.turn) this.#sheet = new Sheet();
    this.#game = game;
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
      case 'choose':
        return this.change((game) => choose(game, id, message.index, Date.now()));
      case 'guess':
        return this.#guess(player, message.text);
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

  /** The phone's page is new, or has lost messages: sends the phone the whole state. */
  #repeat(player: Player): void {
    this.#shown.delete(player.id);
    this.#tell();
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

  /** Sends each phone its view if that has changed; returns whether any has. */
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
