import type { JsonText } from '../json-object.js';

/**
 * The kind of a member of an action's content:
 *
 * - `lobby`: the name of a lobby
 * - `newLobby`: the same; if it is missing or falsy, the relay chooses a random name
 * - `connection`: the id of a connection, a string
 * - `any`: any JSON, which is forwarded unchanged
 */
export type FieldKind = 'newLobby' | 'lobby' | 'connection' | 'any';

/** Every action, and the members of its content. The content of `close_lobby` is ignored. */
export const ACTIONS = {
  start_lobby: { lobby_id: 'newLobby' },
  close_lobby: undefined,
  join_lobby: { lobby_id: 'lobby' },
  accept_join_request: { player_connection_id: 'connection', player_peer_id: 'any' },
  reject_join_request: { player_connection_id: 'connection', reason: 'any' },
  send_session_description: { connection_id: 'connection', session_type: 'any', sdp: 'any' },
  send_ice_candidate: { connection_id: 'connection', media: 'any', index: 'any', name: 'any' },
} as const satisfies Record<string, Readonly<Record<string, FieldKind>> | undefined>;

export type ActionName = keyof typeof ACTIONS;

type ValueOf<Kind> = Kind extends 'newLobby'
  ? string | undefined
  : Kind extends 'any'
    ? JsonText
    : string;

/** An action that a client has sent. */
export type Action = {
  [Name in ActionName]: { readonly action: Name } & {
    readonly [Key in keyof (typeof ACTIONS)[Name]]: ValueOf<(typeof ACTIONS)[Name][Key]>;
  };
}[ActionName];
