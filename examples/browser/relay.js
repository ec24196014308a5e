/*
 * What both pages need of the relay. A classic script, because browsers load no modules from
 * file://; the pages use what is in `Relay` at the end.
 */

/**
 * What each close code means to the people in front of the screen, and whether the same attempt
 * may work in a moment. The codes are listed in docs/protocol.md.
 */
const CLOSINGS = {
  1000: { sentence: 'You left the game.', again: true },
  1001: { sentence: 'The game is over. Thanks for playing!', again: false },
  1006: { sentence: 'The connection broke.', again: true },
  1008: { sentence: 'The relay did not understand this page.', again: false },
  1009: { sentence: 'That was too big to send.', again: false },
  1011: { sentence: 'Something went wrong at the relay.', again: true },
  1012: { sentence: 'The relay is restarting.', again: true },
  1013: { sentence: 'The relay is full right now.', again: true },
  4000: { sentence: 'The game is over. Thanks for playing!', again: false },
  4001: { sentence: 'You went on playing somewhere else.', again: false },
  4003: { sentence: 'The host removed you from the game.', again: false },
  4004: { sentence: 'No game has this code. Look at the big screen again.', again: false },
  4007: { sentence: 'The room is full. Wait until somebody leaves.', again: true },
  4008: { sentence: 'Your connection was too slow for the game.', again: true },
  4009: { sentence: 'The game has already started without you.', again: false },
  4010: { sentence: 'The big screen has gone, and the game with it.', again: false },
  4029: { sentence: 'Too many attempts. Wait a minute.', again: true },
};

/** `?relay=ws://host:port`, or port 8081 of the machine this page came from. */
function address() {
  const given = new URLSearchParams(location.search).get('relay');
  if (given) return given.replace(/\/+$/, '');
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.hostname || 'localhost'}:8081`;
}

/**
 * Opens a WebSocket to a path of the relay.
 *
 * A refusal arrives like any other end: the relay accepts, then closes with a code. So whatever
 * happens, `closed({ sentence, again })` is called once, and it is the last call.
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
    return { sentence: `No relay answers at ${address()}. Is it running?`, again: true };
  }
  return CLOSINGS[code] ?? { sentence: `The connection ended: ${reason || code}.`, again: true };
}

/** Reads the JSON object in a text that a stranger wrote; anything else is an empty one. */
function parseObject(text) {
  try {
    const json = JSON.parse(text);
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
}

window.Relay = { CLOSINGS, address, connect, parseObject };
