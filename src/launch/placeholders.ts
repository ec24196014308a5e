import type { GameConfig } from './config/games.js';
import { Secret } from './config/secret.js';
import type { ServerSpec } from './launcher.js';

/** The values of the placeholders in commands and variables. */
export type Placeholders = Readonly<Record<'port' | 'id' | 'ip' | 'game' | 'version', string>>;

export function placeholdersOf(
  { name, version, publicIp = '' }: GameConfig,
  { id, port }: ServerSpec,
): Placeholders {
  return { port: String(port ?? ''), id, ip: publicIp, game: name, version };
}

/** Replaces placeholders in one pass, so that braces in their values are not replaced. */
export function fill(text: string, values: Placeholders): string {
  return text.replaceAll(/\{(port|id|ip|game|version)\}/g, (_, name: keyof Placeholders) => {
    return values[name];
  });
}

/** The variables in the configuration, which override the relay's own. */
export function configuredVariables(
  variables: ReadonlyMap<string, string | Secret> | undefined,
  values: Placeholders,
): Record<string, string> {
  const entries = [...(variables ?? [])].map(([name, value]) => [
    name,
    value instanceof Secret ? value.reveal() : fill(value, values),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The secrets among the variables in the configuration. */
export function configuredSecrets(
  variables: ReadonlyMap<string, string | Secret> | undefined,
): string[] {
  const values = [...(variables?.values() ?? [])];
  return values.flatMap((value) => (value instanceof Secret ? [value.reveal()] : []));
}
