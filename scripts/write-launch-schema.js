#!/usr/bin/env node
// Writes deploy/launch-config.schema.json from the description in src/launch/config; a test compares them.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
const { launchSchema } = await import('../dist/launch/config/launch-config.js');
const path = 'deploy/launch-config.schema.json';
writeFileSync(new URL(`../${path}`, import.meta.url), JSON.stringify(launchSchema));
execFileSync('npx', ['biome', 'format', '--write', path], { cwd: root, stdio: 'inherit' });
