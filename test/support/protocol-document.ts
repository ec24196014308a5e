import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

/** The rows of the first table behind a heading or line of docs/protocol.md. */
export function table(after: string): string[][] {
  return tableIn(text, after);
}

/** The rows of the first table after a heading or line, as cells without code marks. */
export function tableIn(text: string, after: string): string[][] {
  const start = text.indexOf(after);
  if (start < 0) throw new Error(`the document has no "${after}"`);
  const lines = text.slice(start + after.length).split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(
    first + 2,
    lines.findIndex((line, at) => at > first && !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

export interface Scenario {
  readonly title: string;
  readonly steps: readonly string[];
}

export function scenarios(): Scenario[] {
  return [...text.matchAll(/^### (\d+\. .+)\n\n(?:[^#`]*\n)?```scenario\n([^`]+)```/gm)].map(
    ([, title = '', steps = '']) => ({ title, steps: steps.trim().split('\n') }),
  );
}
