// Builds the files for browsers from src/ to dist/: the SDK, and the pages. The SDK is client.js, or
// player.js for pages that only join; both load rtc.js when a data channel is opened, and lists.js when
// a page uses a public list.
// Each folder of src/pages/ is a page: main.ts and style.css are bundled, documents and pictures are
// copied. theme.css is a style sheet that pages can also link.

import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { minify } from 'terser';
import { INTERNAL_NAMES } from './internal-names.js';

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

/** Modules that load code from a file beside the bundles, by the modules that they replace. */
const LOADERS = {
  '/load-channels.js': 'src/client/rtc/load-rtc-file.ts',
  '/list-rooms.js': 'src/client/list/lazy-lists.ts',
  '/quick-join.js': 'src/client/list/lazy-lists.ts',
};

/** Has the bundles load code that few pages need from the files beside them. */
const filesOnDemand = {
  name: 'files-on-demand',
  /** @param {import('esbuild').PluginBuild} build */
  setup({ onResolve }) {
    for (const [module, loader] of Object.entries(LOADERS)) {
      onResolve({ filter: new RegExp(`${module}$`) }, () => ({ path: resolve(loader) }));
    }
  },
};

const sdk = await build({
  ...FOR_BROWSERS,
  entryPoints: {
    client: 'src/client/index.ts',
    player: 'src/client/player.ts',
    rtc: 'src/client/rtc/channels.ts',
    lists: 'src/client/list/lists.ts',
  },
  outdir: 'dist',
  plugins: [filesOnDemand],
  write: false,
});
// Phones load the SDK: terser inlines functions and constants that esbuild keeps, which is 3 %.
// Functions that stand together compress better.
for (const { path, text } of sdk.outputFiles) {
  const { code = '' } = await minify(text, {
    module: true,
    ecma: 2020,
    compress: { passes: 3, hoist_funs: true },
    mangle: { properties: { regex: INTERNAL_NAMES } },
  });
  writeFileSync(path, code);
}

rmSync(TARGET, { recursive: true, force: true });
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
await build({
  ...FOR_BROWSERS,
  entryPoints: files
    .filter((file) => /(^|\/)(main\.ts|style\.css|theme\.css)$/.test(file))
    .map((file) => join(SOURCE, file)),
  outbase: SOURCE,
  outdir: TARGET,
});
for (const file of files.filter((name) => /\.(html|svg)$/.test(name))) {
  mkdirSync(join(TARGET, dirname(file)), { recursive: true });
  copyFileSync(join(SOURCE, file), join(TARGET, file));
}
