import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
// @ts-expect-error a script, without types
import { releaseNotes } from '../../../scripts/release-notes.js';

const CHANGELOG = `# Changes

## Unreleased

## 0.2.0 - 2027-01-31

### Fixed

- This.

## 0.1.0

- That.
`;

test('prints the changes of one version only', () => {
  expect(releaseNotes('v0.2.0', '0.2.0', CHANGELOG)).toBe('### Fixed\n\n- This.');
  expect(releaseNotes('v0.1.0', '0.1.0', CHANGELOG)).toBe('- That.');
});

test.each([
  ['v0.2.1', '0.2.0', 'the tag is v0.2.1, but package.json has version 0.2.0'],
  ['0.2.0', '0.2.0', 'the tag is 0.2.0, but'],
  ['v0.3.0', '0.3.0', 'CHANGELOG.md has no section "## 0.3.0"'],
  ['vUnreleased', 'Unreleased', 'CHANGELOG.md says nothing about Unreleased'],
])('refuses tag %s of version %s', (tag, version, message) => {
  expect(() => releaseNotes(tag, version, CHANGELOG)).toThrow(message);
});

test('the command fails in one line for a tag of another version', () => {
  const script = new URL('../../../scripts/release-notes.js', import.meta.url).pathname;
  const run = () => execFileSync(process.execPath, [script, 'v99.0.0'], { stdio: 'pipe' });
  expect(run).toThrow(/^Command failed[^\n]*\nrelease-notes: the tag is v99\.0\.0[^\n]*\n$/);
});
