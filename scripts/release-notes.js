#!/usr/bin/env node
// Prints the changelog's section for a tag, and fails if the tag, package.json and CHANGELOG.md do
// not name the same version: node scripts/release-notes.js v0.2.0
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * @param {string} tag such as `v0.2.0`
 * @param {string} version of package.json
 * @param {string} changelog
 * @returns {string} the changelog's section for this version
 * @throws {Error} if the versions differ
 */
export function releaseNotes(tag, version, changelog) {
  if (tag !== `v${version}`) {
    throw new Error(`the tag is ${tag}, but package.json has version ${version}`);
  }
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  const notes = section.slice(section.indexOf('\n')).trim();
  if (notes === '') throw new Error(`CHANGELOG.md says nothing about ${version}`);
  return notes;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  try {
    const { version } = JSON.parse(read('package.json'));
    console.log(releaseNotes(process.argv[2] ?? '', version, read('CHANGELOG.md')));
  } catch (error) {
    console.error(`release-notes: ${error.message}`);
    process.exitCode = 1;
  }
}
