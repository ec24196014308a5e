/** What a host can request in `prepare` beyond WMBP. */
export interface RequestedFeatures {
  /** Players say something about themselves when they join, and the host gets it. */
  readonly about?: true;
  /** The host is asked before a player gets a seat. */
  readonly ask?: true;
  /** Players have to know this password to get a seat. */
  readonly password?: string;
  /** The code that the room is to have. */
  readonly code?: string;
  /** The host gets the round-trip times of players, so many seconds apart; more than 0. */
  readonly times?: number;
  /** The maximum number of viewers. */
  readonly audience?: number;
  /** The public list that shows the room. */
  readonly list?: string;
  /** What the list shows about the room, beside its name. */
  readonly listing?: string;
}

/** The features that every host has that requests anything. */
const ALWAYS = { keep: true, except: true, set: true, leave: true, kick: true } as const;

/** The names of features, as `prepare_reply` lists them in `with`. */
export type FeatureName = Exclude<keyof RequestedFeatures, 'listing'> | keyof typeof ALWAYS;

/** In the order in which `with` lists them. */
const FEATURE_NAMES = [
  'about',
  'ask',
  'password',
  'code',
  'times',
  'keep',
  'except',
  'audience',
  'set',
  'leave',
  'kick',
  'list',
] as const satisfies readonly FeatureName[];

/**
 * The `with` of `prepare_reply`: the features that the room has. Relays that do not know a feature do
 * not list it.
 *
 * @param features `undefined` for a host that has requested none, and gets no `with`
 */
export function withOf(
  features: { readonly [Name in keyof RequestedFeatures]?: unknown } | undefined,
): FeatureName[] | undefined {
  if (features === undefined) return undefined;
  const all = { ...features, ...ALWAYS };
  return FEATURE_NAMES.filter((name) => all[name] !== undefined);
}
