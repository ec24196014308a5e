/** The preference of an `Accept` header for one media type. */
interface Preference {
  /** 0 (not acceptable) to 1. */
  readonly weight: number;
  /** 0 for `*\/*`, 1 for `type/*`, 2 for the type itself, 3 with its charset. */
  readonly precision: number;
}

const TYPE = 2;

/** The most elements of a header that are read; browsers send about ten. */
const MAX_ELEMENTS = 64;

/** A weight (RFC 9110 section 12.4.2), or one with more digits, as some libraries send. */
const WEIGHT = /^(?:0(?:\.\d*)?|1(?:\.0*)?|\.\d+)$/;

/**
 * Whether a room is described as JSON rather than as plain text, its name.
 *
 * Game clients parse plain text, but their HTTP libraries add JSON to `Accept` by default (axios:
 * `application/json, text/plain, *\/*`). So JSON needs a higher weight.
 */
export function prefersJson(accept: string | undefined): boolean {
  const header = ranges(accept);
  return weigh(header, 'application/json').weight > weigh(header, 'text/plain').weight;
}

/**
 * Whether a page is preferred to plain text, as when a browser navigates. At the same weight, the
 * header must name `text/html` and cover plain text only by a wildcard: some browsers send
 * `text/html, *\/*`, and scripts send `*\/*`.
 */
export function prefersPage(accept: string | undefined): boolean {
  const header = ranges(accept);
  const page = weigh(header, 'text/html');
  const text = weigh(header, 'text/plain');
  if (page.weight !== text.weight) return page.weight > text.weight;
  return page.weight > 0 && page.precision >= TYPE && text.precision < TYPE;
}

/**
 * Whether `gzip` is used as content coding (RFC 9110 section 12.5.3). It is not if the client prefers
 * unencoded content.
 */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  const codings = new Map(elements(acceptEncoding).map(({ value, weight }) => [value, weight]));
  const any = codings.get('*');
  const gzip = codings.get('gzip') ?? codings.get('x-gzip') ?? any ?? 0;
  return gzip > 0 && gzip >= (codings.get('identity') ?? 0);
}

/** RFC 9110 section 12.5.1: the most specific range that matches decides, whatever its weight. */
function weigh(header: readonly Element[], type: string): Preference {
  const wildcard = type.replace(/\/.*/, '/*');
  let found: Preference = { weight: 0, precision: -1 };
  for (const { value, weight, isExact } of header) {
    const precision = [type, wildcard, '*/*'].indexOf(value);
    if (precision < 0) continue;
    const match = { weight, precision: 2 - precision + (isExact ? 1 : 0) };
    if (isBetter(match, found)) found = match;
  }
  return found;
}

function isBetter(one: Preference, other: Preference): boolean {
  if (one.precision !== other.precision) return one.precision > other.precision;
  return one.weight > other.weight;
}

/** One element of a list with weights. */
interface Element {
  /** A media range or a content coding, in lower case. */
  readonly value: string;
  /** 0 to 1. */
  readonly weight: number;
  /** Whether it also names the charset. */
  readonly isExact: boolean;
}

/**
 * The elements of an `Accept` header that the relay can match. A missing or empty header accepts
 * everything.
 */
function ranges(accept: string | undefined): readonly Element[] {
  if (accept === undefined || accept.trim() === '') return ANYTHING;
  // `*` is not a valid media range, but Java's HTTP client sends it.
  return elements(accept).map((each) => (each.value === '*' ? { ...each, value: '*/*' } : each));
}

const ANYTHING: readonly Element[] = [{ value: '*/*', weight: 1, isExact: false }];

/** Elements with an invalid weight, or with parameters other than the charset, are left out. */
function elements(header: string): readonly Element[] {
  const list = splitOutsideQuotes(header, ',').slice(0, MAX_ELEMENTS);
  return list.flatMap((element) => {
    const [value = '', ...parameters] = splitOutsideQuotes(element, ';');
    const at = parameters.findIndex((parameter) => /^q\s*=/i.test(parameter));
    const weight = at < 0 ? 1 : weightOf(parameters[at] as string);
    const own = (at < 0 ? parameters : parameters.slice(0, at)).filter((text) => text !== '');
    if (value === '' || weight === undefined || !own.every(isCharset)) return [];
    return [{ value: value.toLowerCase(), weight, isExact: own.length > 0 }];
  });
}

/** All text that the relay serves is UTF-8. */
function isCharset(parameter: string): boolean {
  return /^charset="?utf-?8"?$/i.test(parameter);
}

/** `undefined` if it is invalid. */
function weightOf(parameter: string): number | undefined {
  const value = parameter.slice(parameter.indexOf('=') + 1).trim();
  return WEIGHT.test(value) ? Number(value) : undefined;
}

/** Splits into trimmed parts. Separators in quoted strings do not count (RFC 9110 section 5.6.4). */
function splitOutsideQuotes(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator).map((part) => part.trim());
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
