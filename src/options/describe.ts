import { OPTIONS, type OptionName, type OptionSpec, type Unit } from '../options.js';
import { KIB, MIB } from '../units.js';

const SUFFIX: Record<Exclude<Unit, 'bytes'>, string> = {
  count: '',
  seconds: ' s',
  milliseconds: ' ms',
  percent: ' %',
};

/** `maxPlayers` → `--max-players` */
export function flagOf(name: OptionName): string {
  const { kind, default: fallback }: OptionSpec = OPTIONS[name];
  return kind === 'flag' && fallback ? `--no-${kebab(name)}` : `--${kebab(name)}`;
}

/** `maxPlayers` → `LOBBY_RELAY_MAX_PLAYERS`, followed by aliases such as `PORT`. */
export function environmentOf(name: OptionName): string[] {
  const { alias }: OptionSpec = OPTIONS[name];
  const own = `LOBBY_RELAY_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
  return alias === undefined ? [own] : [own, alias];
}

/** A default as a user would write it: `4MiB`; `""` if there is none. */
export function defaultOf(name: OptionName): string {
  const spec: OptionSpec = OPTIONS[name];
  if (spec.kind === 'number') return formatNumber(spec.default, spec.unit);
  return spec.kind === 'flag' ? (spec.default ? 'on' : 'off') : spec.default;
}

/** The allowed values: `1KiB to 256MiB`, or the choices; `""` if there is no restriction. */
export function rangeOf(name: OptionName): string {
  const spec: OptionSpec = OPTIONS[name];
  if (spec.kind === 'flag') return '';
  if (spec.kind === 'text') return spec.choices?.join(', ') ?? '';
  const range = `${formatNumber(spec.min, spec.unit)} to ${formatNumber(spec.max, spec.unit)}`;
  return spec.zero === 'off' ? `${range}, 0 turns it off` : range;
}

function formatNumber(value: number, unit: Unit): string {
  if (unit !== 'bytes') return `${value}${SUFFIX[unit]}`;
  if (value === 0) return '0';
  if (value % MIB === 0) return `${value / MIB}MiB`;
  return value % KIB === 0 ? `${value / KIB}KiB` : String(value);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
