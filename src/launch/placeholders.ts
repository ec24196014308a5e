import type { GameConfig } from './config/games.js';
import { Secret } from './config/secret.js';
import type { Order } from './launcher.js';

/** What stands for the placeholders in commands and variables. */
export type Placeholders = Readonly<Record<'port' | 'id' | 'ip' | 'game' | 'version', string>>;

export function placeholdersOf(
  { name, version, publicIp = '' }: GameConfig,
  { id, port }: Order,
): Placeholders {
  return { port: String(port ?? ''), id, ip: publicIp, game: name, version };
}

/** Replaces placeholders once: what they stand for may contain braces. */
export function fill(text: string, values: Placeholders): string {
  return text.replaceAll(/\{(port|id|ip|game|version)\}/g, (_, name: keyof Placeholders) => {
    return values[name];
  });
}

/** The variables of the configuration, which may replace those of the order. */
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

/** The secrets among the variables of the configuration. */
export function configuredSecrets(
  variables: ReadonlyMap<string, string | Secret> | undefined,
): string[] {
  const values = [...(variables?.values() ?? [])];
  return values.flatMap((value) => (value instanceof Secret ? [value.reveal()] : []));
}
