import type { Admission } from '../../limits/admission.js';
import type { Action } from '../../protocol/bellhop/actions.js';
import * as events from '../../protocol/bellhop/events.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Dialect } from '../../protocol/dialects.js';
import { hashSecret } from '../../rooms/secret.js';
import type { Lobbies } from './lobbies.js';
import type { Member } from './member.js';

/** The name of this dialect in options, metrics and the log. */
export const BELLHOP = 'bellhop' satisfies Dialect;

export interface ActionHandlerParts {
  readonly lobbies: Lobbies;
  readonly admission: Admission;
  readonly joins: { count(refusal: CloseReason | undefined): void };
  readonly log: {
    refused(reason: CloseReason, address: string, origin: undefined, dialect: string): void;
  };
}

type Of<Name extends Action['action']> = Extract<Action, { readonly action: Name }>;

/**
 * Performs the actions of clients. The limits are checked for each action, because one connection may
 * open and join any number of lobbies.
 */
export class ActionHandler {
  readonly #parts: ActionHandlerParts;

  constructor(parts: ActionHandlerParts) {
    this.#parts = parts;
  }

  /**
   * Performs an action.
   *
   * @param mayCreate whether the member may start lobbies
   * @param now in milliseconds
   * @returns false if it fails without an event
   */
  perform(member: Member, action: Action, mayCreate: boolean, now: number): boolean {
    switch (action.action) {
      case 'start_lobby':
        this.#start(member, action, mayCreate, now);
        return true;
      case 'close_lobby':
        this.#parts.lobbies.leave(member);
        return true;
      case 'join_lobby':
        this.#join(member, action, now);
        return true;
      case 'accept_join_request': {
        const accepted = events.joinRequestAccepted(member.id, action.player_peer_id);
        return this.#relay(member, action.player_connection_id, accepted);
      }
      case 'reject_join_request': {
        const rejected = events.joinRequestRejected(action.reason);
        return this.#relay(member, action.player_connection_id, rejected);
      }
      case 'send_session_description': {
        const description = events.receivedSessionDescription(member.id, action);
        return this.#relay(member, action.connection_id, description);
      }
      case 'send_ice_candidate': {
        const candidate = events.receivedIceCandidate(member.id, action);
        return this.#relay(member, action.connection_id, candidate);
      }
      default:
        return action satisfies never;
    }
  }

  #start(member: Member, { lobby_id }: Of<'start_lobby'>, mayCreate: boolean, now: number): void {
    const { lobbies, admission } = this.#parts;
    // Before the name is looked up, so that an address that may open no more rooms cannot try names.
    const refusal =
      admission.openRoom(member.address, now) ?? (mayCreate ? undefined : CLOSE_REASONS.badToken);
    const result =
      refusal === undefined
        ? lobbies.start(member, lobby_id)
        : ({ is: 'refused', reason: refusal } as const);
    switch (result.is) {
      case 'started':
        return void member.output.send(events.lobbyStarted(result.name));
      case 'taken':
        return this.#creationFailed(member, `Lobby ${lobby_id} already exists.`);
      case 'refused':
        this.#logRefused(member, result.reason);
        return this.#creationFailed(member, result.reason.reason);
      default:
        result satisfies never;
    }
  }

  #creationFailed(member: Member, reason: string): void {
    member.output.send(events.lobbyCreationFailed(reason));
  }

  #join(member: Member, { lobby_id: name }: Of<'join_lobby'>, now: number): void {
    const { lobbies, admission } = this.#parts;
    const refusal = admission.tryCode(member.address, now);
    if (refusal !== undefined) return this.#refuseJoin(member, refusal);
    const result = lobbies.join(member, name);
    switch (result.is) {
      case 'joined':
        this.#parts.joins.count(undefined);
        return void result.host.output.send(events.receivedJoinRequest(member.id));
      case 'notFound':
        // Names may be long, and many are stored, so the hash is stored instead.
        admission.missed(member.address, `${BELLHOP} ${hashSecret(name)}`, now);
        return this.#rejectJoin(member, CLOSE_REASONS.noSuchRoom, `Lobby '${name}' not found.`);
      case 'hostless':
        return this.#rejectJoin(
          member,
          CLOSE_REASONS.hostGone,
          `No host found for lobby '${name}'.`,
        );
      case 'own':
        return void member.output.send(events.joinRefused(`You are the host of lobby '${name}'.`));
      case 'refused':
        return this.#refuseJoin(member, result.reason);
      default:
        result satisfies never;
    }
  }

  #refuseJoin(member: Member, refusal: CloseReason): void {
    this.#rejectJoin(member, refusal, refusal.reason);
  }

  #rejectJoin(member: Member, refusal: CloseReason, text: string): void {
    this.#parts.joins.count(refusal);
    this.#logRefused(member, refusal);
    member.output.send(events.joinRefused(text));
  }

  #logRefused({ address }: Member, reason: CloseReason): void {
    this.#parts.log.refused(reason, address, undefined, BELLHOP);
  }

  /** Sends an event to a connection, of any lobby, that can receive it: see docs/dialects.md. */
  #relay(from: Member, to: string, event: events.EventText): boolean {
    const { lobbies } = this.#parts;
    const target = lobbies.find(to);
    if (target === undefined || !lobbies.mayWrite(from, target)) return false;
    lobbies.count(from, target, target.output.send(event));
    return true;
  }
}
