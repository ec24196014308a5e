import { Buffer } from 'node:buffer';
import { type JsonMember, type JsonText, readJsonObject } from '../json-object.js';
import { ACTIONS, type Action, type ActionName, type FieldKind } from './actions.js';
import { MAX_LOBBY_ID } from './limits.js';

/** Scalars that are false in Python; Bellhop treats them like a missing value. */
const FALSY: ReadonlySet<unknown> = new Set([null, false, '', 0]);

interface Field {
  readonly key: string;
  readonly kind: FieldKind;
}

/** The fields of each action, by its name in quotes. */
const BY_NAME = new Map(
  Object.entries(ACTIONS).map(([action, fields]) => [
    JSON.stringify(action),
    {
      action: action as ActionName,
      fields: fields && Object.entries(fields).map(([key, kind]): Field => ({ key, kind })),
    },
  ]),
);

/**
 * Reads a message of a client: `{"action": NAME, "content": {…}}`, without other members. Of members
 * with the same key, the last counts.
 *
 * @returns `undefined` if it is not a valid action: Bellhop answers all mistakes alike
 */
export function readAction(bytes: Uint8Array): Action | undefined {
  try {
    return toAction(readJsonObject(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function toAction(message: readonly JsonMember[]): Action | undefined {
  let name: JsonText | undefined;
  let content: JsonMember | undefined;
  for (const member of message) {
    if (member.key === 'action') name = member.value;
    else if (member.key === 'content') content = member;
    else return undefined;
  }
  const known = name === undefined ? undefined : (BY_NAME.get(name) ?? BY_NAME.get(plain(name)));
  if (known === undefined) return undefined;
  const { action, fields } = known;
  if (fields === undefined) return { action } as Action;
  const members = membersOf(content);
  return members && readFields(action, fields, members);
}

/** The same string without unnecessary escapes. */
function plain(json: JsonText): string {
  return json.startsWith('"') ? JSON.stringify(JSON.parse(json)) : '';
}

/** A content that is missing or falsy has no members. `undefined` if it is another value. */
function membersOf(content: JsonMember | undefined): readonly JsonMember[] | undefined {
  if (content === undefined) return [];
  return content.members ?? (isFalsy(JSON.parse(content.value)) ? [] : undefined);
}

/** The action with the value of each field; `undefined` if one is missing, unknown or mistyped. */
function readFields(
  action: ActionName,
  fields: readonly Field[],
  members: readonly JsonMember[],
): Action | undefined {
  const values: Record<string, unknown> = { action };
  for (const { key, value } of members) {
    const field = fieldOf(fields, key);
    if (field === undefined) return undefined;
    values[field.key] = value;
  }
  for (const { key, kind } of fields) {
    const json = values[key] as JsonText | undefined;
    const value = kind === 'any' ? json : readField(kind, json);
    if (value === undefined) return undefined;
    values[key] = value === ABSENT ? undefined : value;
  }
  return values as unknown as Action;
}

/** A loop, because a closure for each member takes a tenth of the time of a short message. */
function fieldOf(fields: readonly Field[], key: string): Field | undefined {
  for (const field of fields) if (field.key === key) return field;
  return undefined;
}

/** An optional field without a value. */
const ABSENT = Symbol();

function readField(
  kind: Exclude<FieldKind, 'any'>,
  json: JsonText | undefined,
): string | typeof ABSENT | undefined {
  if (json === undefined) return kind === 'newLobby' ? ABSENT : undefined;
  if (kind === 'connection') return readId(json);
  const value: unknown = JSON.parse(Buffer.from(json, 'latin1').toString());
  if (kind === 'newLobby' && isFalsy(value)) return ABSENT;
  if (typeof value !== 'string') return undefined;
  return Buffer.byteLength(value) <= MAX_LOBBY_ID ? value : undefined;
}

/** Ids are ASCII, and usually written without escapes. */
function readId(json: JsonText): string | undefined {
  if (!json.startsWith('"')) return undefined;
  return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1);
}

function isFalsy(value: unknown): boolean {
  return FALSY.has(value) || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);
}
