import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d1b26; --paper: #fbfaf7; --soft: #6a6675; --mark: #d8451f; --line: #e4e0d8; }
@media (prefers-color-scheme: dark) { :root { --ink: #f1eff6; --paper: #16141d; --soft: #a29dae; --mark: #ff8b66; --line: #322e3d; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1.25rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; }
main { width: 100%; max-width: 40rem; }
h1 { margin: 0; font-size: clamp(2.25rem, 9vw, 3.75rem); line-height: 1; letter-spacing: -0.03em; }
h1 span { color: var(--mark); }
p { margin: 1.25rem 0; }
.up { display: inline-flex; align-items: center; gap: 0.5rem; margin: 0 0 1rem; color: var(--soft); font-size: 0.9375rem; }
.up::before { content: ""; width: 0.625rem; height: 0.625rem; border-radius: 50%; background: #2f9e5b; }
dl { margin: 2rem 0 0; border-top: 1px solid var(--line); }
dl div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: 0.75rem 0; border-bottom: 1px solid var(--line); }
dt { font-family: ui-monospace, monospace; font-size: 0.9375rem; }
dd { margin: 0; color: var(--soft); }
@media (max-width: 30rem) { dl div { grid-template-columns: 1fr; } }
`;

/** Shown to a browser that asks for `/`: what this is, and what can be done with it. */
export const LANDING_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lobby-relay</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="up">The relay is up</p>
<h1>lobby<span>-</span>relay</h1>
<p>A game on a big screen opens a room here and gets a four-letter code. Phones type the code and are wired to the game. This server carries what they say to each other, and never looks inside.</p>
<dl>
<div><dt>WebSocket /CREATE</dt><dd>open a room: the game on the big screen</dd></div>
<div><dt>WebSocket /CODE</dt><dd>join the room with that code: a player</dd></div>
<div><dt>GET /CODE</dt><dd>the name of the game in that room</dd></div>
<div><dt>GET /health</dt><dd>whether the relay is up</dd></div>
</dl>
</main>
</body>
</html>
`;

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/** The page may use its own style and nothing else. */
export const LANDING_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
