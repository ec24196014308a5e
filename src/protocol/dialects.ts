/** The protocols that the relay speaks, as `--dialects` names them. */
export const DIALECTS = ['wmbp', 'bellhop', 'signaling', 'bevygap'] as const;

export type Dialect = (typeof DIALECTS)[number];

/**
 * Parses a list of dialects, separated by commas.
 *
 * @throws {Error} if the list is empty or contains an unknown name
 */
export function parseDialects(list: string): ReadonlySet<Dialect> {
  const names = list.split(',').map((name) => name.trim().toLowerCase());
  if (!names.every(isDialect)) {
    throw new Error(`expected some of ${DIALECTS.join(', ')}, separated by commas, got ${list}`);
  }
  return new Set(names);
}

function isDialect(name: string): name is Dialect {
  return DIALECTS.some((dialect) => dialect === name);
}
