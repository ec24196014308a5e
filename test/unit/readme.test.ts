import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { defaultOf, environmentOf, flagOf, rangeOf } from '../../src/options/describe.js';
import { OPTION_NAMES, OPTIONS, type OptionName, type OptionSpec } from '../../src/options.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const manifest = createRequire(import.meta.url)('../../package.json');

function row(name: OptionName): string {
  const spec: OptionSpec = OPTIONS[name];
  const flag = spec.short === undefined ? flagOf(name) : `-${spec.short}, ${flagOf(name)}`;
  const variables = environmentOf(name).map((variable) => `\`${variable}\``);
  const fallback = spec.default === '' ? '' : `\`${defaultOf(name)}\``;
  return `| \`${flag}\` | ${variables.join(', ')} | ${fallback} | ${rangeOf(name)} | ${spec.help} |`;
}

test("the README's table of options is generated from the options", () => {
  const rows = readme.split('\n').filter((line) => /^\| `-/.test(line));
  expect(rows).toEqual(OPTION_NAMES.map(row));
});

test('the README and the package require the same Node version', () => {
  const [, version] = /^>=(\S+)$/.exec(manifest.engines.node) ?? [];
  expect(readme).toContain(`${version} or newer`);
});

test('the commands of its first shell block exist', () => {
  const [, block = ''] = /```sh\n([^`]+)```/.exec(readme) ?? [];
  const scripts = [...block.matchAll(/^npm (\w+)/gm)].map(([, script]) => script);
  expect(scripts).toEqual(['start', 'test']);
  for (const script of scripts) expect(manifest.scripts).toHaveProperty(script ?? '');
});
