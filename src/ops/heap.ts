import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { MIB } from '../units.js';

/** Spaces of V8's young generation. All other spaces belong to the old generation. */
const YOUNG = new Set(['new_space', 'new_large_object_space']);

/** Usage of V8's old generation, in bytes. */
export interface OldGeneration {
  readonly used: number;
  /** Exceeding it ends the process. */
  readonly limit: number;
}

/**
 * Reads the usage and the limit of V8's old generation.
 *
 * V8's heap limit includes the largest size of the young generation: 48 MiB, or 192 MiB from Node 24
 * on. The relay keeps that generation small, and old objects cannot use the rest. With a small heap,
 * this is most of the limit: with an old generation of 64 MiB, V8 reports 112 MiB.
 */
export function oldGeneration(): OldGeneration {
  let used = 0;
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    if (!YOUNG.has(space_name)) used += space_used_size;
  }
  return { used, limit: getHeapStatistics().heap_size_limit - YOUNG_SHARE };
}

/** The part of the limit that V8 reserves for the young generation: three semispaces. */
const YOUNG_SHARE = 3 * maxSemiSpace() * MIB;

/** In MiB. V8 does not report it, so this is the value of Node's flag, or V8's default. */
function maxSemiSpace(): number {
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  const given = /--max[-_]semi[-_]space[-_]size[= ](\d+)/.exec(flags)?.[1];
  if (given !== undefined) return Number(given);
  return Number.parseInt(process.versions.v8, 10) >= 13 ? 64 : 16;
}
