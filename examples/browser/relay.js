/*
 * The connection to the relay, for both pages. A classic script, because browsers do not load modules
 * from file://; the pages use the global `Relay`, which is set at the end.
 */

/**
 * The message for each close code, and whether it makes sense to try again. The codes are listed in
 * docs/protocol.md.
 */
const CLOSE_MESSAGES = {
  1000: { sentence: 'You left the game.', again: true },
  1001: { sentence: 'The game is over. Thanks for playing!', again: false },
  1006: { sentence: 'The connection was lost.', again: true },
  1008: { sentence: 'The relay refused the connection.', again: false },
  1009: { sentence: 'A message was too large.', again: false },
  1011: { sentence: 'The relay had an internal error.', again: true },
  1012: { sentence: 'The relay is restarting.', again: true },
  1013: { sentence: 'The relay is full right now.', again: true },
  4000: { sentence: 'The game is over. Thanks for playing!', again: false },
  4001: { sentence: 'This game continues in another tab.', again: false },
  4003: { sentence: 'The host removed you from the game.', again: false },
  4004: { sentence: 'No game has this code. Check the code on the big screen.', again: false },
  4007: { sentence: 'The room is full. Wait until somebody leaves.', again: true },
  4008: { sentence: 'Your connection was too slow for the game.', again: true },
  4009: { sentence: 'The game has already started.', again: false },
  4010: { sentence: 'The big screen was disconnected, and the game has ended.', again: false },
  4011: { sentence: 'The room needs another password.', again: false },
  4012: { sentence: 'The big screen is busy. Try again in a moment.', again: true },
  4029: { sentence: 'Too many attempts. Wait a minute.', again: true },
};

/** `?relay=ws://host:port`, or port 8081 of the machine that serves this page. */
function address() {
  const given = new URLSearchParams(location.search).get('relay');
  if (given) return given.replace(/\/+$/, '');
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.hostname || 'localhost'}:8081`;
}

/**
 * Opens a WebSocket to a path of the relay.
 *
 * The relay refuses a connection by accepting it and closing it with a code. In any case,
 * `closed({ sentence, again })` is called once, as the last call.
 */
function connect(path, { opened, text, binary, closed }) {
  const socket = openSocket(path);
  if (!socket) {
    closed({ sentence: `${address()} is not the address of a relay.`, again: false });
    return undefined;
  }
  let wasOpen = false;
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    wasOpen = true;
    opened?.();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') text(data);
    else binary?.(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => closed(explain(code, reason, wasOpen));
  return socket;
}

function openSocket(path) {
  try {
    return new WebSocket(address() + path);
  } catch {
    return undefined;
  }
}

function explain(code, reason, wasOpen) {
  if (!wasOpen) {
    return {
      sentence: `There is no answer from a relay at ${address()}. Is it running?`,
      again: true,
    };
  }
  return (
    CLOSE_MESSAGES[code] ?? { sentence: `The connection ended: ${reason || code}.`, again: true }
  );
}

/** Parses a JSON object from an untrusted text; returns an empty object for anything else. */
function parseObject(text) {
  try {
    const json = JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
}

window.Relay = { CLOSE_MESSAGES, address, connect, parseObject };
