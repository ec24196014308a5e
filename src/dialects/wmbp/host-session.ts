import { CLOSE_REASONS } from '../../protocol/close-codes.js';
import { CommandError } from '../../protocol/wmbp/command-error.js';
import type {
  DeliveryCommand,
  MembershipCommand,
  PrepareCommand,
} from '../../protocol/wmbp/commands.js';
import type { HostEvent, PrepareReply } from '../../protocol/wmbp/events.js';
import { withOf } from '../../protocol/wmbp/features.js';
import type { HostPeer } from '../../rooms/peer.js';
import type { Room } from '../../rooms/room.js';
import type { RoomEvent } from '../../rooms/room-event.js';
import type { RoomSettings } from '../../rooms/room-info.js';
import type { OpenResult } from '../../rooms/rooms.js';
import { CommandErrorLimit } from './command-error-limit.js';
import { deliver } from './deliver.js';
import { messageOf } from './event-messages.js';
import { settingsOf } from './settings.js';
import { EMPTY_STATE, stateOf } from './state.js';

/** A host's connection, as its session uses it. */
export interface HostOutput extends HostPeer {
  /** Sends an event, or drops it if the connection is closing. */
  send(event: HostEvent): void;
  /** Calls the session's `flushState` before the output of this turn of the event loop is written. */
  requestFlush(): void;
}

export interface SessionOptions {
  /** Maximum `error` events in ten seconds; 0 for no limit. */
  readonly commandErrors: number;
  /** The message size limits, for hosts that request them. */
  readonly sizes?: Pick<PrepareReply, 'max_message' | 'max_player_message'> | undefined;
  /** Opens a room, or returns the reason for refusing it. */
  openRoom(settings: RoomSettings, host: HostPeer): OpenResult;
}

type Phase =
  | { readonly is: 'unprepared' }
  | { readonly is: 'hosting'; readonly room: Room }
  /** Receives the events that it missed, and then one `state`. */
  | { readonly is: 'resuming'; readonly room: Room }
  | { readonly is: 'closed' };

/**
 * Translates between a WMBP host and its room: commands become calls of the room, and events of the
 * room become WMBP's events.
 *
 * Several changes that the host did not request are followed by one `state`. It is sent before any
 * event other than `player_joined`, `player_left` and `player_asks`, and at the latest at the end of
 * the turn.
 */
export class HostSession {
  readonly #output: HostOutput;
  readonly #options: SessionOptions;
  readonly #errorLimit: CommandErrorLimit;
  #phase: Phase = { is: 'unprepared' };
  #isStateDue = false;

  /** Does not use the output before `begin` or `resume`. */
  constructor(output: HostOutput, options: SessionOptions) {
    this.#output = output;
    this.#options = options;
    this.#errorLimit = new CommandErrorLimit(options.commandErrors);
  }

  /** Whether `flushState` has a `state` to send. */
  get isStateDue(): boolean {
    return this.#isStateDue;
  }

  /** The host has connected to open a room. */
  begin(): void {
    this.#output.send(EMPTY_STATE);
  }

  /**
   * The host has connected to resume its room.
   *
   * @returns false if the token is wrong
   */
  resume(room: Room, token: string): boolean {
    this.#phase = { is: 'resuming', room };
    const hasResumed = room.resume(this.#output, token);
    this.#phase = hasResumed ? { is: 'hosting', room } : { is: 'unprepared' };
    if (!hasResumed) return false;
    this.#sendAbouts(room);
    this.#sendAudience(room);
    this.#sendState();
    return true;
  }

  command(command: MembershipCommand): void {
    const phase = this.#phase;
    if (phase.is === 'hosting') this.#commandRoom(phase.room, command);
    else if (phase.is === 'unprepared') this.#commandUnprepared(command);
  }

  /** Sends a message to players. Returns how many receive it. */
  deliver(command: DeliveryCommand, now: number): number {
    const phase = this.#phase;
    const result = phase.is === 'hosting' ? deliver(phase.room, command) : 0;
    if (typeof result === 'number') return result;
    this.reject(result, now);
    return 0;
  }

  /** The room that receives messages, if there is one. */
  get room(): Room | undefined {
    return this.#phase.is === 'hosting' ? this.#phase.room : undefined;
  }

  /** Answers an invalid command, unless there were too many. The connection stays open. */
  reject({ code, message }: CommandError, now: number): void {
    if (this.#errorLimit.allows(now)) this.#send({ cmd: 'error', reason: message, code });
  }

  /** An event of the room. */
  event(event: RoomEvent): void {
    if (event.type === 'hostResumed') {
      return this.#reply({ key: event.code, resume: event.token, resumed: true });
    }
    const { message, changesState, sharesState } = messageOf(event);
    if (sharesState) this.#output.send(message);
    else this.#send(message);
    if (changesState) this.#stateChanged();
  }

  /** Sends `state` if something has changed since the last one. */
  flushState(): void {
    if (!this.#isStateDue) return;
    this.#isStateDue = false;
    const phase = this.#phase;
    if (phase.is === 'hosting') this.#output.send(stateOf(phase.room.snapshot));
  }

  /** Drops a `state` that is due, because the connection is closing. */
  dropState(): void {
    this.#isStateDue = false;
  }

  /** Whether the host reads as fast as its players write. */
  setKeepsUp(keepsUp: boolean): void {
    const phase = this.#phase;
    if (phase.is === 'hosting') phase.room.setHostKeepsUp(this.#output, keepsUp);
  }

  /** Serving the host has thrown an exception, so the state of the room cannot be trusted. */
  fail(): void {
    const phase = this.#phase;
    if (phase.is === 'hosting') phase.room.end(CLOSE_REASONS.internalError);
  }

  /**
   * The connection has ended.
   *
   * @param isFinal whether the host does not want to reconnect, or must not
   */
  end(isFinal: boolean): void {
    const phase = this.#phase;
    this.#phase = { is: 'closed' };
    if (phase.is === 'hosting') phase.room.hostGone(this.#output, isFinal);
  }

  #commandUnprepared(command: MembershipCommand): void {
    switch (command.cmd) {
      case 'prepare':
        return this.#prepare(command);
      case 'start':
      case 'open':
      case 'admit':
      case 'kick':
      case 'who':
      case 'poll':
      case 'set':
        return this.#output.send(EMPTY_STATE);
      case 'leave':
        return this.#output.close(CLOSE_REASONS.left);
      case 'stop':
        return this.#output.close(CLOSE_REASONS.stopped);
      default:
        command satisfies never;
    }
  }

  #commandRoom(room: Room, command: MembershipCommand): void {
    switch (command.cmd) {
      case 'prepare':
        return this.#replyAgain(room);
      case 'start':
      case 'open':
        return this.#change(() => room.change({ started: command.cmd === 'start' }));
      case 'admit':
        return this.#admit(room, command.player);
      case 'kick':
        return this.#change(() => room.kick(command.player, command));
      case 'who':
        return this.#sendAbouts(room);
      case 'poll':
        return this.#poll(room, command.choices);
      case 'set':
        return this.#change(() => room.change(command));
      case 'leave':
        return this.#leave(room);
      case 'stop':
        return room.end(CLOSE_REASONS.gameOver, CLOSE_REASONS.stopped);
      default:
        command satisfies never;
    }
  }

  #prepare(command: PrepareCommand): void {
    const settings = settingsOf(command);
    const result = this.#options.openRoom(settings, this.#output);
    if (result.is === 'refused') return this.#output.close(result.reason);
    this.#phase = { is: 'hosting', room: result.room };
    this.#sendState();
    this.#replyAgain(result.room);
  }

  /** The host goes, and the room waits for whoever has the token. */
  #leave(room: Room): void {
    if (!room.hasReconnectWindow) {
      const reason = 'leave: the room has no reconnect window, so it would end; send stop instead';
      return this.reject(new CommandError('no_hold', reason), performance.now());
    }
    this.#phase = { is: 'closed' };
    room.hostGone(this.#output, false);
    this.#output.close(CLOSE_REASONS.left);
  }

  /** The `state` that answers the command also covers what the command changes. */
  #change(apply: () => void): void {
    const wasDue = this.#isStateDue;
    apply();
    this.#isStateDue = wasDue;
    this.#sendState();
  }

  /** The `state` comes before what the player has said while it asked. */
  #admit(room: Room, player: number): void {
    if (room.admit(player)) this.flushState();
    else this.#sendState();
  }

  #poll({ audience }: Room, choices: readonly string[]): void {
    if (audience !== undefined) return this.#send({ cmd: 'tally', counts: audience.poll(choices) });
    this.reject(
      new CommandError('not_requested', 'poll: the room has no audience'),
      performance.now(),
    );
  }

  #replyAgain({ identity, resumeToken }: Room): void {
    this.#reply({ key: identity.code, ...(resumeToken !== undefined && { resume: resumeToken }) });
  }

  #reply(reply: Omit<PrepareReply, 'cmd'>): void {
    const phase = this.#phase;
    const features = 'room' in phase ? withOf(phase.room.features) : undefined;
    const more = { ...this.#options.sizes, ...(features && { with: features }) };
    this.#send({ cmd: 'prepare_reply', ...reply, ...more });
  }

  #sendAbouts(room: Room): void {
    for (const { player, about } of room.abouts) this.#send({ cmd: 'about', player, about });
  }

  /** What a host that was disconnected may have missed. */
  #sendAudience({ audience }: Room): void {
    if (audience === undefined) return;
    this.#send({ cmd: 'audience', count: audience.size });
    const { tally } = audience;
    if (tally !== undefined) this.#send({ cmd: 'tally', counts: tally });
  }

  #sendState(): void {
    this.flushState();
    const phase = this.#phase;
    if (phase.is === 'hosting') this.#output.send(stateOf(phase.room.snapshot));
  }

  #send(event: HostEvent): void {
    this.flushState();
    this.#output.send(event);
  }

  #stateChanged(): void {
    if (this.#phase.is !== 'hosting') return;
    this.#isStateDue = true;
    this.#output.requestFlush();
  }
}
