import { Buffer } from 'node:buffer';
import type { JsonText } from '../json-object.js';

/** Every event that a client can get. */
export const EVENTS = [
  'lobby_started',
  'lobby_creation_failed',
  'received_join_request',
  'join_request_accepted',
  'join_request_rejected',
  'received_session_description',
  'received_ice_candidate',
] as const;

export type EventName = (typeof EVENTS)[number];

/** An event, as JSON with one character for each byte of its UTF-8 (latin1). */
export type EventText = string;

export function lobbyStarted(lobby: string): EventText {
  return `{"event":"lobby_started","content":{"lobby_id":${quote(lobby)}}}`;
}

export function lobbyCreationFailed(reason: string): EventText {
  return `{"event":"lobby_creation_failed","content":{"reason":${quote(reason)}}}`;
}

/** @param from the id of the connection that wants to join */
export function receivedJoinRequest(from: string): EventText {
  return `{"event":"received_join_request","content":{"connection_id":"${from}"}}`;
}

export function joinRequestAccepted(host: string, peerId: JsonText): EventText {
  return `{"event":"join_request_accepted","content":{"host_connection_id":"${host}","peer_id":${peerId}}}`;
}

/** @param reason any JSON, which is the host's own */
export function joinRequestRejected(reason: JsonText): EventText {
  return `{"event":"join_request_rejected","content":{"reason":${reason}}}`;
}

/** A join that the relay itself refuses. */
export function joinRefused(reason: string): EventText {
  return joinRequestRejected(quote(reason));
}

export function receivedSessionDescription(
  from: string,
  { session_type, sdp }: { readonly session_type: JsonText; readonly sdp: JsonText },
): EventText {
  return `{"event":"received_session_description","content":{"connection_id":"${from}","session_type":${session_type},"sdp":${sdp}}}`;
}

export function receivedIceCandidate(
  from: string,
  {
    media,
    index,
    name,
  }: { readonly media: JsonText; readonly index: JsonText; readonly name: JsonText },
): EventText {
  return `{"event":"received_ice_candidate","content":{"connection_id":"${from}","media":${media},"index":${index},"name":${name}}}`;
}

/**
 * The answer to an action that failed. It has no `event`: it is the answer of the gateway in front of
 * the original Bellhop, which clients recognize by its `message`.
 */
export function failure(connectionId: string, requestId: string): EventText {
  return `{"message":"Internal server error","connectionId":"${connectionId}","requestId":"${requestId}"}`;
}

function quote(text: string): JsonText {
  return Buffer.from(JSON.stringify(text)).toString('latin1');
}
