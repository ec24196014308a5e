import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file for browsers. It is in memory, so requests never read the disk. */
export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  /** The same for both bodies, and therefore weak (RFC 9110 section 8.8.1). */
  readonly etag: string;
}

/** The served files by path. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** Files of other types are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The same path from `src/` and from `dist/`. */
const BUILT = new URL('../../dist/', import.meta.url);

/** The page that is served at `/`. */
const FRONT_PAGE = 'home';

let sdk: StaticFiles | undefined;
let pages: StaticFiles | undefined;

/** The SDK, the SDK for pages that only join, and the code that they load on demand. */
const SDK = ['client.js', 'player.js', 'rtc.js', 'lists.js'];

/** The files of the SDK. They are read once per process. */
export function sdkFiles(): StaticFiles {
  sdk ??= readFiles(SDK.map((name) => [`/${name}`, new URL(name, BUILT)]));
  return sdk;
}

/**
 * The pages: `home` at `/`, other folders at their names with their files below, and shared files
 * at the top. They are read once per process.
 */
export function pageFiles(): StaticFiles {
  pages ??= readFiles(pagesIn(new URL('pages/', BUILT)));
  return pages;
}

function* pagesIn(folder: URL): Generator<[path: string, file: URL]> {
  // A program that bundles the relay into its own file has no pages beside it.
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isDirectory()) {
      yield [`/${name}`, new URL(name, folder)];
      continue;
    }
    const page = new URL(`${name}/`, folder);
    for (const file of readdirSync(page)) {
      const at = name === FRONT_PAGE ? '/' : `/${name}`;
      yield [file === 'index.html' ? at : `/${name}/${file}`, new URL(file, page)];
    }
  }
}

function readFiles(found: Iterable<[path: string, file: URL]>): StaticFiles {
  const files = new Map<string, StaticFile>();
  for (const [path, file] of found) {
    const type = TYPES[extname(file.pathname)];
    if (type !== undefined && existsSync(file)) files.set(path, staticFile(type, file));
  }
  return files;
}

function staticFile(type: string, file: URL): StaticFile {
  const body = readFileSync(file);
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { type, body, gzipped: gzipSync(body, { level: 9 }), etag: `W/"${digest}"` };
}
