import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const FOLDERS = [
  '.',
  '.github',
  'bench',
  'docs',
  'examples/browser',
  'examples/launch',
  'examples/sdk',
];

const documents = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => extname(name) === '.md')
    .map((name) => join(ROOT, folder, name)),
);

/** The text without code, where brackets are not links and `#` is not a heading. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/^```.*?^```/gms, '');
}

/** The fragments that GitHub gives to the headings of a document. */
function fragmentsOf(path: string): Set<string> {
  const headings = textOf(path).matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The broken links of a document. */
function brokenLinks(path: string): string[] {
  const targets = Array.from(
    textOf(path).matchAll(/\]\(([^)\s]+)\)/g),
    ([, target = '']) => target,
  );
  return targets.filter((target) => {
    if (/^(https?|mailto):/.test(target)) return false;
    const [file = '', fragment] = target.split('#');
    const linked = file === '' ? path : join(dirname(path), file);
    if (!existsSync(linked)) return true;
    return fragment !== undefined && linked.endsWith('.md') && !fragmentsOf(linked).has(fragment);
  });
}

test.each(documents.map((path) => [relative(ROOT, path), path] as const))(
  'all relative links of %s lead to a file and a heading',
  (_name, path) => {
    expect(brokenLinks(path)).toEqual([]);
  },
);

test('documents with links are found', () => {
  const links = documents.flatMap((path) => textOf(path).match(/\]\([^)\s]+#/g) ?? []);
  expect(links.length).toBeGreaterThan(20);
});
