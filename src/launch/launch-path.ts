/** A path of the API for launched servers, under `/launch/ID`. */
export type LaunchPath =
  | { readonly kind: 'launched'; readonly id: string }
  | { readonly kind: 'launchContext'; readonly id: string }
  | { readonly kind: 'launchReady'; readonly id: string }
  | { readonly kind: 'launchPlayer'; readonly id: string; readonly client: string };

const PATH =
  /^\/launch\/([A-Za-z0-9-]{1,64})(?:\/(context|ready)|\/players\/([A-Za-z0-9-]{1,64}))?$/;

/** Parses a path; `undefined` if it is not one of this API. */
export function parseLaunchPath(path: string): LaunchPath | undefined {
  const [, id, part, client] = PATH.exec(path) ?? [];
  if (id === undefined) return undefined;
  if (client !== undefined) return { kind: 'launchPlayer', id, client };
  if (part === 'context') return { kind: 'launchContext', id };
  return { kind: part === 'ready' ? 'launchReady' : 'launched', id };
}
