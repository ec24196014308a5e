import { ConfigError, expected, memberOf, type Place } from './config-error.js';

/** The part of JSON Schema (draft 2020-12) that shapes use. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The functions that reading a value uses. */
export interface ReadContext {
  /**
   * Reads a secret.
   *
   * @throws {Error} if it cannot be read; the message does not contain the secret
   */
  readSecret(source: { readonly file: string } | { readonly variable: string }): string;
  /** Converts a path in the configuration to an absolute path. */
  resolvePath(path: string): string;
}

/** The type of a value, with a reader and a JSON schema. */
export interface Shape<T> {
  readonly schema: JsonSchema;
  /** @throws {ConfigError} if the value does not have this shape */
  read(value: unknown, place: Place, context: ReadContext): T;
}

export type ValueOf<S> = S extends Shape<infer T> ? T : never;

/** Adds a description, for the schema and the documentation. */
export function described<T>(shape: Shape<T>, description: string): Shape<T> {
  return { ...shape, schema: { description, ...shape.schema } };
}

/** Converts the values of a shape. `convert` throws the reason if it cannot. */
export function converted<T, U>(
  shape: Shape<T>,
  convert: (value: T, context: ReadContext) => U,
): Shape<U> {
  return {
    schema: shape.schema,
    read(value, place, context) {
      const read = shape.read(value, place, context);
      try {
        return convert(read, context);
      } catch (error) {
        throw new ConfigError(`${place}: ${(error as Error).message}`);
      }
    },
  };
}

/** Control characters, which are invalid in names, addresses and paths. */
const CONTROLS = '[\\u0000-\\u001f\\u007f]';

/** The only character that arguments and variables cannot contain. */
const NUL = '\\u0000';

export interface TextBounds {
  /** The pattern that it has to match. */
  readonly pattern?: RegExp;
  /** Describes it in errors. */
  readonly what?: string;
  /** The shortest length, in characters; 1 by default. */
  readonly min?: number;
  /** Whether line breaks and other control characters are allowed, as in arguments. */
  readonly hasControls?: boolean;
}

/** Text with a maximum length in characters. */
export function text(max: number, bounds: TextBounds = {}): Shape<string> {
  const { pattern, what = 'text', min = 1, hasControls = false } = bounds;
  const forbidden = hasControls ? NUL : CONTROLS;
  const isForbidden = new RegExp(forbidden);
  return {
    schema: {
      type: 'string',
      minLength: min,
      maxLength: max,
      ...(pattern !== undefined && { pattern: pattern.source }),
      not: { pattern: forbidden },
    },
    read(value, place) {
      if (typeof value !== 'string' || value.length < min) return expected(place, what, value);
      if (value.length > max) return expected(place, `at most ${max} characters`, value);
      if (isForbidden.test(value)) return expected(place, 'text without control characters', value);
      return pattern?.test(value) === false ? expected(place, what, value) : value;
    },
  };
}

/** A number from `min` to `max`. It is an integer if it is a count or a number of bytes. */
export function number(
  unit: 'count' | 'seconds' | 'bytes' | 'degrees',
  min: number,
  max: number,
): Shape<number> {
  const whole = unit === 'count' || unit === 'bytes';
  const suffix = unit === 'count' ? '' : ` ${unit}`;
  const what = `${whole ? 'a whole number' : 'a number'} from ${min} to ${max}${suffix}`;
  return {
    schema: { type: whole ? 'integer' : 'number', minimum: min, maximum: max },
    read(value, place) {
      const isNumber = whole ? Number.isInteger(value) : Number.isFinite(value);
      return isNumber && Number(value) >= min && Number(value) <= max
        ? Number(value)
        : expected(place, what, value);
    },
  };
}

export function choice<const Choices extends readonly string[]>(
  choices: Choices,
): Shape<Choices[number]> {
  return {
    schema: { enum: choices },
    read: (value, place) =>
      choices.find((each) => each === value) ??
      expected(place, `one of ${choices.join(', ')}`, value),
  };
}

export const flag: Shape<boolean> = {
  schema: { type: 'boolean' },
  read: (value, place) =>
    typeof value === 'boolean' ? value : expected(place, 'true or false', value),
};

/** A list of 1 to `max` values. */
export function list<T>(shape: Shape<T>, max: number): Shape<readonly T[]> {
  return {
    schema: { type: 'array', items: shape.schema, minItems: 1, maxItems: max },
    read(value, place, context) {
      if (!Array.isArray(value) || value.length === 0 || value.length > max) {
        return expected(place, `a list of 1 to ${max}`, value);
      }
      return value.map((each, at) => shape.read(each, `${place}[${at}]`, context));
    },
  };
}

/** An object with at most `max` keys, which match a pattern; `what` describes them in errors. */
export function record<T>(
  keys: RegExp,
  what: string,
  shape: Shape<T>,
  max: number,
): Shape<ReadonlyMap<string, T>> {
  return {
    schema: {
      type: 'object',
      propertyNames: { pattern: keys.source },
      additionalProperties: shape.schema,
      maxProperties: max,
    },
    read(value, place, context) {
      const entries = Object.entries(objectOf(value, place));
      if (entries.length > max) return expected(place, `at most ${max} entries`, value);
      return new Map(
        entries.map(([key, each]) => {
          const at = memberOf(place, key);
          if (!keys.test(key)) throw new ConfigError(`${at}: expected ${what} as the key`);
          return [key, shape.read(each, at, context)];
        }),
      );
    },
  };
}

/** A member of an object: required, optional, or with a default, which is read like a value of the file. */
export interface Member<T> {
  readonly shape: Shape<T>;
  readonly fallback?: { readonly json: unknown };
}

export function required<T>(shape: Shape<T>, description: string): Member<T> {
  return { shape: described(shape, description) };
}

export function optional<T>(shape: Shape<T>, description: string): Member<T | undefined> {
  return { shape: described(shape, description), fallback: { json: undefined } };
}

/** @param json the default, as it would be written in the file */
export function withDefault<T>(shape: Shape<T>, json: unknown, description: string): Member<T> {
  const { schema } = described(shape, description);
  return { shape: { ...shape, schema: { ...schema, default: json } }, fallback: { json } };
}

type MembersOf<Members> = {
  readonly [Name in keyof Members]: Members[Name] extends Member<infer T> ? T : never;
};

/** An object with these members and no others. */
export function object<const Members extends Record<string, Member<unknown>>>(
  members: Members,
): Shape<MembersOf<Members>> {
  const names = Object.keys(members);
  return {
    schema: {
      type: 'object',
      properties: mapValues(members, ({ shape }) => shape.schema),
      required: names.filter((name) => members[name]?.fallback === undefined),
      additionalProperties: false,
    },
    read(value, place, context) {
      const given = objectOf(value, place);
      const unknown = Object.keys(given).find((name) => !names.includes(name));
      if (unknown !== undefined) {
        const at = memberOf(place, unknown);
        throw new ConfigError(`${at}: there is no such member; expected ${names.join(', ')}`);
      }
      return mapValues(members, ({ shape, fallback }, name) => {
        const isMissing = fallback !== undefined && !Object.hasOwn(given, name);
        const json = isMissing ? fallback.json : given[name];
        return isMissing && json === undefined
          ? undefined
          : shape.read(json, memberOf(place, name), context);
      }) as MembersOf<Members>;
    },
  };
}

/** One of several objects, each with its own members. The member `tag` identifies it. */
export function tagged<Shapes extends Record<string, Shape<object>>>(
  tag: string,
  shapes: Shapes,
): Shape<
  { [Kind in keyof Shapes]: { readonly type: Kind } & ValueOf<Shapes[Kind]> }[keyof Shapes]
> {
  const kinds = Object.keys(shapes);
  return {
    schema: {
      type: 'object',
      properties: { [tag]: { enum: kinds } },
      required: [tag],
      oneOf: kinds.map((kind) => withTag(tag, kind, shapes[kind]?.schema ?? {})),
    },
    read(value, place, context) {
      const { [tag]: kind, ...members } = objectOf(value, place);
      const shape = typeof kind === 'string' && Object.hasOwn(shapes, kind) && shapes[kind];
      if (!shape) return expected(memberOf(place, tag), `one of ${kinds.join(', ')}`, kind);
      return { type: kind, ...shape.read(members, place, context) } as never;
    },
  };
}

function withTag(tag: string, kind: string, schema: JsonSchema): JsonSchema {
  const { properties, required: names } = schema as {
    properties: object;
    required: readonly string[];
  };
  return {
    ...schema,
    properties: { [tag]: { const: kind }, ...properties },
    required: [tag, ...names],
  };
}

function objectOf(value: unknown, place: Place): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : expected(place, 'an object', value);
}

function mapValues<T, U>(
  from: Record<string, T>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(from).map(([name, each]) => [name, change(each, name)]));
}
