/** The plain-text answer to requests that are not for a room. */
export const HELP = `lobby-relay: a WebSocket relay for party games.

  WebSocket /CREATE   open a room: the game on the big screen
  WebSocket /CODE     join the room with that code: a player
  GET /CODE           the name of the game in that room
  GET /client.js      the SDK for browsers
  GET /ice            servers for WebRTC between host and players
  GET /health         {"status":"ok"} while the relay is up
`;
