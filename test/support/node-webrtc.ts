import { RTCPeerConnection } from 'node-datachannel/polyfill';

/** The parts of an `RTCIceServer` (W3C WebRTC, section 4.2.4) that name a TURN server. */
export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

type Description = Parameters<RTCPeerConnection['setRemoteDescription']>[0];

type Base = ConstructorParameters<typeof RTCPeerConnection>[0];

/**
 * The polyfill's peer connection for Node.js, which connects only through TURN servers.
 *
 * The polyfill writes credentials into a URL without escaping them, and its library parses the URL;
 * docs/sdk.md has the same class for users.
 */
export class RelayedPeerConnection extends RTCPeerConnection {
  constructor({ iceServers = [] }: { iceServers?: readonly IceServer[] }) {
    const escaped = iceServers.map(({ urls, username = '', credential = '' }) => ({
      urls,
      username: encodeURIComponent(username),
      credential: encodeURIComponent(credential),
    }));
    super({ iceServers: escaped, iceTransportPolicy: 'relay' } as Base);
  }
}

/**
 * The polyfill's peer connection for Node.js, for two ends on one machine.
 *
 * On loopback, the other end connects as soon as it has a candidate. If that happens while this end
 * sets the answer, the polyfill's library does not know the fingerprint in the answer yet, rejects the
 * other end's certificate and closes the connection. So candidates are sent once the answer is set.
 */
export class LoopbackPeerConnection extends RTCPeerConnection {
  readonly #candidates: Event[] = [];

  override dispatchEvent(event: Event): boolean {
    if (event.type !== 'icecandidate' || this.signalingState !== 'have-local-offer') {
      return super.dispatchEvent(event);
    }
    this.#candidates.push(event);
    return true;
  }

  override async setRemoteDescription(description: Description): Promise<void> {
    await super.setRemoteDescription(description);
    for (const event of this.#candidates.splice(0)) super.dispatchEvent(event);
  }
}
