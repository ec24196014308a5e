// The reader of Bellhop's actions, and the properties that it must have.

import { isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { ACTIONS } from '../../dist/protocol/bellhop/actions.js';
import { MAX_LOBBY_ID, MAX_MESSAGE } from '../../dist/protocol/bellhop/limits.js';
import { readAction } from '../../dist/protocol/bellhop/read-action.js';

const KEYS = [
  'action',
  'content',
  ...new Set(Object.values(ACTIONS).flatMap((fields) => Object.keys(fields ?? {}))),
];

/** @type {import('./readers.js').Reader} */
export const BELLHOP_READER = {
  kind: 'bellhop',
  longest: MAX_MESSAGE,
  tokens: [
    ...Object.keys(ACTIONS).map((name) => JSON.stringify(name)),
    ...KEYS.map((key) => `"${key}":`),
    ...'{ } [ ] , : " \\ \\" \\\\ \\u005f \\ud800 null true false 0 -0 1e400 1.50 [] {} "" "x"'.split(
      ' ',
    ),
    '"__proto__":',
    ' ',
    '\n',
    '\ufeff',
    '\u2028',
    'é',
  ],
  // A frame that is not UTF-8 closes the connection before it is read.
  read: (bytes) => (isUtf8(bytes) ? readAction(bytes) : undefined),
  judge(bytes, action) {
    if (action === undefined) return 'failure';
    const { action: name, content, ...more } = JSON.parse(bytes.toString());
    if (Object.keys(more).length > 0) throw new Error(`takes ${Object.keys(more)}`);
    if (action.action !== name) throw new Error(`takes ${name} for ${action.action}`);
    /** @type {Record<string, string>} */
    const fields = ACTIONS[/** @type {keyof typeof ACTIONS} */ (name)] ?? {};
    for (const [key, kind] of Object.entries(fields)) checkField(kind, action[key], content?.[key]);
    return `${name} ${typeof content}`;
  },
};

/**
 * @param {string} kind
 * @param {unknown} read
 * @param {unknown} sent
 */
function checkField(kind, read, sent) {
  const isRight = kind === 'any' ? isSame(read, sent) : isName(kind, read, sent);
  if (!isRight) throw new Error(`reads ${JSON.stringify(sent)} as ${read}`);
}

/**
 * Whether a text is the JSON of this value, and nothing else.
 *
 * @param {unknown} text
 * @param {unknown} value
 */
function isSame(text, value) {
  return (
    typeof text === 'string' &&
    text === text.trim() &&
    isDeepStrictEqual(JSON.parse(Buffer.from(text, 'latin1').toString()), value)
  );
}

/**
 * @param {string} kind
 * @param {unknown} read
 * @param {unknown} sent
 */
function isName(kind, read, sent) {
  if (kind === 'newLobby' && read === undefined) {
    return !sent || (typeof sent === 'object' && Object.keys(sent).length === 0);
  }
  // Ids are ASCII: another one is nobody's, however it is read.
  if (kind === 'connection') return read === sent || !(isAscii(read) || isAscii(sent));
  return read === sent && typeof sent === 'string' && Buffer.byteLength(sent) <= MAX_LOBBY_ID;
}

/** @param {unknown} text */
function isAscii(text) {
  return typeof text !== 'string' || Buffer.byteLength(text) === text.length;
}
