import { CLOSE_REASONS, type CloseReason } from '../../../../src/protocol/close-codes.js';
import { withOf } from '../../../../src/protocol/wmbp/features.js';
import { ASK_TIMEOUT, MAX_ASKING } from '../../../../src/rooms/asking.js';
import { MAX_HELD_BYTES } from '../../../../src/rooms/held-messages.js';
import { MESSAGE_OVERHEAD } from '../../../../src/rooms/offline-buffer.js';
import { SKIPPED_IDS } from '../../../../src/state/saved-state.js';
import { CODE } from '../../../support/rooms.js';

/** The settings of a room, in seconds and bytes. */
export interface Setup {
  readonly hold: number;
  readonly maxPlayers: number;
  readonly keep: number;
  readonly hostBacklog: number;
  /** Whether the host is asked before a player joins. */
  readonly ask: boolean;
}

export const MAX_HOLD = 4;

/** A running timer and its time; timers for the same time run in the order of `since`. */
interface Wait {
  readonly due: number;
  readonly since: number;
}

/** A seat: its player is connected, or disconnected with buffered messages. */
interface ModelSeat {
  readonly id: number;
  readonly key: string | undefined;
  /** The player's connection; `undefined` while the player is disconnected. */
  visit: number | undefined;
  kept: string[];
  missed: number;
  wait: Wait | undefined;
  /** Everything that was sent to connections of this seat. */
  readonly given: Set<string>;
  /** The address of its last connection; empty after a restart. */
  address: string;
}

interface ModelJoin {
  readonly visit: number;
  readonly key: string | undefined;
  readonly malformed: boolean;
  /** Whether it requests all values. */
  readonly wantsAll: boolean;
  /** Empty for an unknown one. */
  readonly address: string;
}

const NO_HOLD = {
  cmd: 'error',
  reason: 'leave: the room has no reconnect window, so it would end; send stop instead',
  code: 'no_hold',
};

/** The current value of a key, for everybody or for one player. */
interface ModelValue {
  readonly of: number | undefined;
  readonly key: string;
  readonly words: string;
  /** Whether only connections that request all values get it, when they connect. */
  readonly later: boolean;
}

/** A player about whom the host is asked. */
interface ModelAsker {
  readonly id: number;
  readonly key: string | undefined;
  visit: number;
  address: string;
  wantsAll: boolean;
  readonly said: string[];
  readonly wait: Wait;
}

interface Presence {
  readonly cmd: 'player_asks' | 'player_joined' | 'player_left' | 'player_away' | 'player_back';
  readonly player: number;
  readonly missed?: number;
}

/** Presence events of a player beyond the host's buffer: the last known and the latest state. */
interface Late {
  readonly wasAway: boolean;
  readonly cmd: Presence['cmd'];
}

/**
 * The simplest model of a room with seats that outlive connections: it searches lists and recomputes sums.
 * Players and hosts are identified by the number of their connection.
 */
export class Model {
  phase: 'open' | 'started' | 'ended' = 'open';
  lastId = 0;
  seats: ModelSeat[] = [];
  /** In the order in which they were last set. */
  values: ModelValue[] = [];
  asking: ModelAsker[] = [];
  readonly banned = new Set<string>();
  readonly bannedAddresses = new Set<string>();
  maxPlayers: number;
  /** The host's connection; `undefined` while the host is disconnected. */
  host: number | undefined = 0;
  hostKeepsUp = true;
  readonly setup: Setup;
  readonly token: string | undefined;
  /** The expected events and messages by connection. */
  readonly hostReceives = new Map<number, object[]>();
  readonly playerReceives = new Map<number, object[]>();
  #now = 0;
  #waits = 0;
  #hostWait: Wait | undefined;
  #keptForHost: object[] = [];
  #keptForHostBytes = 0;
  readonly #late = new Map<number, Late>();

  constructor(setup: Setup, token: string | undefined) {
    this.setup = setup;
    this.maxPlayers = setup.maxPlayers;
    this.token = token;
  }

  get hold(): number {
    return Math.min(this.setup.hold, MAX_HOLD);
  }

  get state(): object {
    const { seats, hold } = this;
    return {
      cmd: 'state',
      name: 'model',
      players: seats.map(({ id }) => id),
      max_players: this.maxPlayers,
      accept_conns: this.#refusal() === undefined,
      ...(hold > 0 && { away: this.away.map(({ id }) => id) }),
      ...(this.setup.ask && { asking: this.asking.map(({ id }) => id) }),
    };
  }

  get away(): ModelSeat[] {
    return this.seats.filter(({ visit }) => visit === undefined);
  }

  /** The expected number of timers. */
  get waiting(): number {
    return this.away.length + this.asking.length + (this.#hostWait === undefined ? 0 : 1);
  }

  /** The player id of this connection, if it has a seat. */
  idOf(visit: number): number | undefined {
    return this.seats.find((seat) => seat.visit === visit)?.id;
  }

  /** Whether the relay reads from this connection; `undefined` if it has neither a seat nor asks. */
  isRead(visit: number): boolean | undefined {
    const asker = this.#askerAt(visit);
    if (asker !== undefined) return sizeOf(asker.said) < MAX_HELD_BYTES;
    return this.idOf(visit) === undefined ? undefined : this.hostKeepsUp;
  }

  join({ visit, key, malformed, wantsAll, address }: ModelJoin): number | CloseReason {
    const withKey = key !== undefined && this.phase !== 'ended' && this.hold > 0;
    if (withKey && malformed) return CLOSE_REASONS.badSeatKey;
    const seat = withKey ? this.seats.find((taken) => taken.key === key) : undefined;
    if (seat !== undefined) return this.#rejoin(seat, visit, wantsAll, address);
    const asker = withKey ? this.asking.find((other) => other.key === key) : undefined;
    if (asker !== undefined) return this.#askAgain(asker, { visit, wantsAll, address });
    if (withKey && this.banned.has(key)) return CLOSE_REASONS.kicked;
    if (this.bannedAddresses.has(address)) return CLOSE_REASONS.kicked;
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    const id = ++this.lastId;
    const usedKey = withKey ? key : undefined;
    if (this.setup.ask) {
      const wait = this.#wait(ASK_TIMEOUT);
      this.asking.push({ id, key: usedKey, visit, address, wantsAll, said: [], wait });
    } else this.#seat({ id, key: usedKey, visit, address, wantsAll });
    this.#tell({ cmd: this.setup.ask ? 'player_asks' : 'player_joined', player: id });
    return id;
  }

  admit(id: number): void {
    if (this.host === undefined || this.phase === 'ended') return;
    const asker = this.asking.find((other) => other.id === id);
    if (asker === undefined) return this.#hostGets(this.state, 0);
    this.asking = this.asking.filter((other) => other !== asker);
    this.#seat(asker);
    this.#tellPresence({ cmd: 'player_joined', player: id });
    if (asker.said.length > 0) this.#hostGets(this.state, 0);
    for (const text of asker.said) this.#hostGets({ from: id, text }, text.length);
    const isFull = this.seats.length >= this.maxPlayers;
    const refused = isFull ? this.#refuseAll(CLOSE_REASONS.roomFull) : 0;
    if (asker.said.length === 0 || refused > 0) this.#hostGets(this.state, 0);
  }

  /** Sets a value, or forgets it. Returns whether it fits; otherwise nothing changes. */
  keep(of: number | undefined, key: string, words: string | undefined, later: boolean): boolean {
    if (of !== undefined && !this.seats.some(({ id }) => id === of)) return true;
    const others = this.values.filter((value) => value.of !== of || value.key !== key);
    const values = words === undefined ? others : [...others, { of, key, words, later }];
    if (sizeOf(values.map((value) => value.words)) > this.setup.keep) return false;
    this.values = values;
    if (words !== undefined && !later) this.send(of === undefined ? 'everybody' : [of], words);
    return true;
  }

  send(to: 'everybody' | readonly number[], words: string): void {
    for (const seat of this.seats) {
      if (to !== 'everybody' && !to.includes(seat.id)) continue;
      if (seat.visit !== undefined) {
        this.#playerReceives(seat.visit, { text: words });
        continue;
      }
      seat.kept.push(words);
      while (sizeOf(seat.kept) > this.setup.keep) {
        seat.kept.shift();
        seat.missed++;
      }
    }
  }

  say(visit: number, words: string): void {
    this.#askerAt(visit)?.said.push(words);
    const id = this.idOf(visit);
    if (id !== undefined) this.#hostGets({ from: id, text: words }, words.length);
  }

  connectionEnds(visit: number, forGood: boolean): void {
    const asker = this.#askerAt(visit);
    if (asker !== undefined) return this.#stopsAsking(asker);
    const seat = this.seats.find((taken) => taken.visit === visit);
    if (seat === undefined) return;
    if (forGood || seat.key === undefined || this.hold === 0) return this.#leave(seat);
    seat.visit = undefined;
    seat.missed = 0;
    seat.wait = this.#wait();
    this.#tell({ cmd: 'player_away', player: seat.id });
  }

  kick(id: number, reason: string | undefined, ban: boolean): void {
    if (this.host === undefined || this.phase === 'ended') return;
    const seat = this.seats.find((taken) => taken.id === id);
    const close = reason === undefined ? CLOSE_REASONS.kicked : { ...CLOSE_REASONS.kicked, reason };
    const asker = this.asking.find((other) => other.id === id);
    if (asker !== undefined) {
      if (asker.key !== undefined) this.banned.add(asker.key);
      if (ban && asker.address !== '') this.bannedAddresses.add(asker.address);
      this.#refuse(asker, close);
    }
    if (seat !== undefined) {
      if (seat.key !== undefined) this.banned.add(seat.key);
      if (ban && seat.address !== '') this.bannedAddresses.add(seat.address);
      if (seat.visit !== undefined) this.#playerReceives(seat.visit, close);
      this.#remove(seat);
      this.#tellPresence({ cmd: 'player_left', player: id });
    }
    this.#hostGets(this.state, 0);
  }

  setStarted(started: boolean): void {
    if (this.host === undefined || this.phase === 'ended') return;
    this.phase = started ? 'started' : 'open';
    if (started) this.#refuseAll(CLOSE_REASONS.alreadyStarted);
    this.#hostGets(this.state, 0);
  }

  /** Sets the maximum number of players. */
  set(maxPlayers: number): void {
    if (this.host === undefined || this.phase === 'ended') return;
    this.maxPlayers = maxPlayers;
    if (this.seats.length >= maxPlayers) this.#refuseAll(CLOSE_REASONS.roomFull);
    this.#hostGets(this.state, 0);
  }

  /** The host leaves, and the room waits for it. */
  leave(): void {
    const { host } = this;
    if (host === undefined || this.phase === 'ended') return;
    if (this.hold === 0) return this.#hostReceives(host, NO_HOLD);
    this.#hostReceives(host, CLOSE_REASONS.left);
    this.#awaitHost();
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const endOfHost = { wait: this.#hostWait, run: () => this.end(CLOSE_REASONS.hostGone) };
    const due = [
      endOfHost,
      ...this.away.map((seat) => ({ wait: seat.wait, run: () => this.#leave(seat) })),
      ...this.asking.map((asker) => ({ wait: asker.wait, run: () => this.#timesOut(asker) })),
    ]
      .filter(({ wait }) => wait !== undefined && wait.due <= this.#now)
      .sort((a, b) => compare(a.wait as Wait, b.wait as Wait));
    for (const { run } of due) {
      if (this.phase === 'ended') return;
      run();
    }
  }

  hostEnds(host: number, forGood: boolean): void {
    if (host !== this.host || this.phase === 'ended') return;
    if (forGood || this.hold === 0) return this.end(CLOSE_REASONS.hostGone);
    this.#awaitHost();
  }

  hostReturns(host: number): void {
    if (this.host !== undefined) this.#hostReceives(this.host, CLOSE_REASONS.replaced);
    const { token: resume } = this;
    const features = this.setup.ask ? { with: withOf({ ask: true }) } : {};
    const reply = { cmd: 'prepare_reply', key: CODE, resume, resumed: true, ...features };
    this.#hostReceives(host, reply);
    for (const event of this.#keptForHost) this.#hostReceives(host, event);
    for (const [player, { wasAway, cmd }] of this.#late) {
      const isAway = cmd === 'player_away';
      if (cmd === 'player_left' || isAway !== wasAway) this.#hostReceives(host, { cmd, player });
    }
    this.#forgetKeptForHost();
    this.host = host;
    this.#hostWait = undefined;
    this.hostKeepsUp = true;
    this.#hostReceives(host, this.state);
  }

  setHostKeepsUp(host: number, keepsUp: boolean): void {
    if (host === this.host && this.phase !== 'ended') this.hostKeepsUp = keepsUp;
  }

  /** Evicts buffers, the largest first. */
  empty(excess: number): void {
    let emptied = 0;
    for (const seat of this.away.sort((a, b) => sizeOf(b.kept) - sizeOf(a.kept))) {
      if (emptied >= excess) return;
      emptied += sizeOf(seat.kept);
      seat.missed += seat.kept.length;
      seat.kept = [];
    }
  }

  /** The process restarts: all connections and messages are lost. */
  restart(wasKilled: boolean): void {
    if (this.phase === 'ended') return;
    if (wasKilled) this.lastId += SKIPPED_IDS;
    if (this.hold === 0) return this.end(CLOSE_REASONS.restarting);
    this.#closeAll(CLOSE_REASONS.restarting, CLOSE_REASONS.restarting);
    this.#now = 0;
    this.#awaitHost();
    const seats = this.seats;
    this.seats = [];
    for (const seat of seats) {
      if (seat.key === undefined) {
        this.#forgetValuesOf(seat.id);
        this.#tellPresence({ cmd: 'player_left', player: seat.id });
        continue;
      }
      const wasAway = seat.visit === undefined;
      const waiting = { visit: undefined, kept: [], missed: 0, wait: this.#wait(), address: '' };
      this.seats.push({ ...seat, ...waiting });
      if (!wasAway) this.#tellPresence({ cmd: 'player_away', player: seat.id });
    }
    const asking = this.asking;
    this.asking = [];
    for (const { id } of asking) this.#tellPresence({ cmd: 'player_left', player: id });
  }

  end(forPlayers: CloseReason, forHost = forPlayers): void {
    if (this.phase === 'ended') return;
    this.#closeAll(forPlayers, forHost);
    this.phase = 'ended';
    this.bannedAddresses.clear();
    this.seats = [];
    this.values = [];
    this.asking = [];
    this.host = undefined;
    this.#hostWait = undefined;
    this.#forgetKeptForHost();
  }

  #closeAll(forPlayers: CloseReason, forHost: CloseReason): void {
    for (const { visit } of this.seats) {
      if (visit !== undefined) this.#playerReceives(visit, forPlayers);
    }
    for (const { visit } of this.asking) this.#playerReceives(visit, forPlayers);
    if (this.host !== undefined) this.#hostReceives(this.host, forHost);
  }

  #seat({ id, key, visit, address, wantsAll }: Omit<ModelAsker, 'said' | 'wait'>): void {
    const nothing = { kept: [], missed: 0, wait: undefined, given: new Set<string>() };
    const seat: ModelSeat = { id, key, visit, address, ...nothing };
    this.seats.push(seat);
    for (const { words } of this.#valuesFor(seat, wantsAll)) {
      this.#playerReceives(visit, { text: words });
    }
  }

  #askerAt(visit: number): ModelAsker | undefined {
    return this.asking.find((asker) => asker.visit === visit);
  }

  #askAgain(
    asker: ModelAsker,
    connection: Pick<ModelAsker, 'visit' | 'wantsAll' | 'address'>,
  ): number {
    this.#playerReceives(asker.visit, CLOSE_REASONS.replaced);
    Object.assign(asker, connection);
    return asker.id;
  }

  /** The asker is gone; the `state` that follows covers it. */
  #refuse(asker: ModelAsker, reason: CloseReason): void {
    this.asking = this.asking.filter((other) => other !== asker);
    this.#playerReceives(asker.visit, reason);
    this.#tellPresence({ cmd: 'player_left', player: asker.id });
  }

  #refuseAll(reason: CloseReason): number {
    const { asking } = this;
    for (const asker of asking) this.#refuse(asker, reason);
    return asking.length;
  }

  #timesOut(asker: ModelAsker): void {
    this.#playerReceives(asker.visit, CLOSE_REASONS.notAdmitted);
    this.#stopsAsking(asker);
  }

  #stopsAsking(asker: ModelAsker): void {
    this.asking = this.asking.filter((other) => other !== asker);
    this.#tell({ cmd: 'player_left', player: asker.id });
  }

  /**
   * Values that the seat has not got, and does not get from its buffer, come first: they are older
   * than all that is buffered. Nobody knows what a connection has got whose player was not away.
   */
  #rejoin(seat: ModelSeat, visit: number, wantsAll: boolean, address: string): number {
    seat.address = address;
    const { id, missed, kept, visit: before, given } = seat;
    seat.visit = visit;
    for (const { words } of this.#valuesFor(seat, wantsAll)) {
      const hasIt = before === undefined && !wantsAll && given.has(words);
      if (!hasIt && !kept.includes(words)) this.#playerReceives(visit, { text: words });
    }
    if (before !== undefined) {
      this.#playerReceives(before, CLOSE_REASONS.replaced);
      return id;
    }
    for (const words of kept) this.#playerReceives(visit, { text: words });
    seat.kept = [];
    seat.wait = undefined;
    this.#tell({ cmd: 'player_back', player: id, ...(missed > 0 && { missed }) });
    return id;
  }

  #valuesFor(seat: ModelSeat, wantsAll: boolean): ModelValue[] {
    const values = this.values.filter(({ of }) => of === undefined || of === seat.id);
    return values.filter(({ later }) => wantsAll || !later);
  }

  #forgetValuesOf(id: number): void {
    this.values = this.values.filter(({ of }) => of !== id);
  }

  #remove(seat: ModelSeat): void {
    this.seats = this.seats.filter((taken) => taken !== seat);
    this.#forgetValuesOf(seat.id);
  }

  #leave(seat: ModelSeat): void {
    this.#remove(seat);
    this.#tell({ cmd: 'player_left', player: seat.id });
  }

  #awaitHost(): void {
    this.#forgetKeptForHost();
    this.host = undefined;
    this.hostKeepsUp = true;
    this.#hostWait = this.#wait();
  }

  #wait(milliseconds = this.hold * 1000): Wait {
    return { due: this.#now + milliseconds, since: this.#waits++ };
  }

  #refusal(): CloseReason | undefined {
    if (this.phase === 'ended') return CLOSE_REASONS.noSuchRoom;
    if (this.phase === 'started') return CLOSE_REASONS.alreadyStarted;
    if (!this.hostKeepsUp) {
      return this.host === undefined ? CLOSE_REASONS.hostDisconnected : CLOSE_REASONS.hostBusy;
    }
    if (this.seats.length >= this.maxPlayers) return CLOSE_REASONS.roomFull;
    return this.asking.length < MAX_ASKING ? undefined : CLOSE_REASONS.tooManyAsking;
  }

  /** A presence event, with the state that follows. */
  #tell(event: Presence): void {
    this.#tellPresence(event);
    if (this.host !== undefined) this.#hostReceives(this.host, this.state);
  }

  #tellPresence(event: Presence): void {
    const { cmd, player, missed } = event;
    const isLate = this.host === undefined && this.#isFull && missed === undefined;
    if (!isLate) return this.#hostGets(event, 0);
    const wasAway = this.#late.get(player)?.wasAway ?? cmd === 'player_back';
    this.#late.delete(player);
    this.#late.set(player, { wasAway, cmd });
  }

  #hostGets(what: object, bytes: number): void {
    if (this.host !== undefined) return this.#hostReceives(this.host, what);
    this.#keptForHost.push(what);
    this.#keptForHostBytes += MESSAGE_OVERHEAD + bytes;
    if (this.#isFull) this.hostKeepsUp = false;
  }

  get #isFull(): boolean {
    return this.#keptForHostBytes >= this.setup.hostBacklog;
  }

  #forgetKeptForHost(): void {
    this.#keptForHost = [];
    this.#keptForHostBytes = 0;
    this.#late.clear();
  }

  #hostReceives(host: number, what: object): void {
    this.hostReceives.set(host, [...(this.hostReceives.get(host) ?? []), what]);
  }

  #playerReceives(visit: number, what: { readonly text: string } | CloseReason): void {
    const seat = this.seats.find((taken) => taken.visit === visit);
    if ('text' in what) seat?.given.add(what.text);
    this.playerReceives.set(visit, [...(this.playerReceives.get(visit) ?? []), what]);
  }
}

/** The size that these messages count as. */
export function sizeOf(kept: readonly string[]): number {
  return kept.reduce((sum, words) => sum + words.length + MESSAGE_OVERHEAD, 0);
}

function compare(a: Wait, b: Wait): number {
  return a.due - b.due || a.since - b.since;
}
