import { RTCPeerConnection } from 'node-datachannel/polyfill';
import { WebSocket } from 'ws';

/*
 * A player in a separate process, to which its host opens a data channel, and which waits to be killed. It does not open the channel itself: two ends on one machine need the
 * `LoopbackPeerConnection` of test/support/node-webrtc.ts for that.
 * Arguments: the SDK's URL, the relay's URL, and the room's code.
 */
const [sdk = '', url = '', code = ''] = process.argv.slice(2);
const { joinRoom } = await import(sdk);
const environment = { WebSocket, RTCPeerConnection, iceServers: [], storage: null };
const seat = await joinRoom(url, code, environment);
// A host can open channels to players that it knows to use the SDK.
seat.send('ready');
