// Builds what browsers load, from src/ to dist/: the SDK as one file (client.js), and the pages.
// Every folder of src/pages/ is a page: its main.ts is bundled, its style sheets are minified, its
// documents and pictures are copied.

import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const SOURCE = 'src/pages';
const TARGET = 'dist/pages';

/** @type {import('esbuild').BuildOptions} */
const FOR_BROWSERS = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
};

await build({ ...FOR_BROWSERS, entryPoints: ['src/client/index.ts'], outfile: 'dist/client.js' });

rmSync(TARGET, { recursive: true, force: true });
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
await build({
  ...FOR_BROWSERS,
  entryPoints: files
    .filter((file) => /(^|\/)main\.ts$|\.css$/.test(file))
    .map((file) => join(SOURCE, file)),
  outbase: SOURCE,
  outdir: TARGET,
});
for (const file of files.filter((name) => /\.(html|svg)$/.test(name))) {
  mkdirSync(join(TARGET, dirname(file)), { recursive: true });
  copyFileSync(join(SOURCE, file), join(TARGET, file));
}
