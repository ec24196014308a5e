/** What a host can request in `prepare` beyond WMBP. */
export interface RequestedFeatures {
  /** Players say something about themselves when they join, and the host gets it. */
  readonly about?: true;
}

/** The names of features, as `prepare_reply` lists them in `with`. */
export type FeatureName = keyof RequestedFeatures;

/**
 * The `with` of `prepare_reply`: the features that the room has. Relays that do not know a feature do
 * not list it.
 *
 * @param features `undefined` for a host that has requested none, and gets no `with`
 */
export function withOf(features: RequestedFeatures | undefined): FeatureName[] | undefined {
  return features && (Object.keys(features) as FeatureName[]);
}
