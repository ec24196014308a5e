/**
 * What can be wrong with a host's command. Codes are stable and for programs. The reason beside a
 * code is for people, and its wording may change.
 */
export const ERROR_CODES = {
  bad_cbor: 'a binary frame that is not one CBOR map in the grammar that the relay reads',
  bad_json: 'a text frame that is not one JSON object',
  unknown_command: '`cmd` is missing or is not a command',
  wrong_direction: '`cmd` names an event, which only the relay sends',
  bad_field: 'a field is missing, or is not what its command expects',
  not_requested: 'the command belongs to a feature that the room does not have',
  no_hold: 'the room has no reconnect window, which the command needs',
  keep_full: 'the relay cannot keep this value: the room has too many or too large ones',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
