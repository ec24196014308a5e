import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const { INTERNAL_NAMES } = await import(
  new URL('../../scripts/internal-names.js', import.meta.url).href
);

const SOURCE = new URL('../../src/client/', import.meta.url).pathname;

/** Without comments, which may contain any word. */
const modules = new Map(
  readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [
      file,
      readFileSync(join(SOURCE, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
    ]),
);
const code = [...modules.values()].join('\n');

/** The modules that declare the public API, and the contexts that pages pass to rtc.js and lists.js. */
const PUBLIC = /(^|\/)(api|options|events|state|environment|lists-context)\.ts$|^errors\/|^play\//;

function matches(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))];
}

const internal = (name: string): boolean => INTERNAL_NAMES.test(name);
const names = String(INTERNAL_NAMES).match(/\w{2,}/g) ?? [];

test('every internal name is a property in the SDK', () => {
  expect(names.length).toBeGreaterThan(50);
  const properties = matches(code, /\b(\w+)/g);
  expect(names.filter((name) => !properties.includes(name))).toEqual([]);
});

test('no internal name is in the public API', () => {
  const isPublic = ([file]: [string, string]): boolean => PUBLIC.test(file) && file !== 'events.ts';
  const declared = [...modules].filter(isPublic).map(([, text]) => text);
  expect(declared.length).toBeGreaterThan(10);
  const members = matches(declared.join('\n'), /^ +(?:[a-z]+ )*(\w+)\??[:(<]/gm);
  expect(members).toEqual(expect.arrayContaining(['openChannel', 'closeCode', 'hostTime']));
  expect(members.filter(internal)).toEqual([]);
});

test('no internal name is the name of an event, an option or a field: those are strings', () => {
  const values = code.replace(/\b(Pick|Omit)<[^>]*>/g, '');
  expect(matches(values, /['"`](\w+)['"`]/g).filter(internal)).toEqual([]);
});

test('no internal name is in what rtc.js has in common with the pages of other versions', () => {
  const shared = modules.get('rtc/channels.ts') ?? '';
  const [context = ''] = /export interface ChannelsContext \{.*?\n\}/s.exec(shared) ?? [];
  expect(matches(context, /\b(\w+)/g).filter(internal)).toEqual([]);
  const [, channels = ''] = shared.split('export class Channels');
  const methods = matches(channels, /^ {2}(?:async )?(\w+)\(/gm);
  expect(methods).toEqual(['constructor', 'open', 'receive', 'close', 'restart']);
  expect(methods.filter(internal)).toEqual([]);
});

test('no internal name is stored for the next page', () => {
  const stored = ['storage/stored-entry.ts', 'player/stored-seat.ts', 'host/room-store.ts'];
  const declared = stored.map((file) => modules.get(file) ?? '').join('\n');
  const [...interfaces] = declared.matchAll(/interface \w+ \{(.*?)\n\}/gs);
  expect(interfaces.length).toBeGreaterThan(2);
  expect(matches(String(interfaces), /\b(\w+)\??:/g).filter(internal)).toEqual([]);
});
