import type { Socket } from 'node:net';
import type { Addresses } from '../limits/address.js';
import type { Slots } from '../limits/slots.js';

/** Counts sockets by address, before anything is read from them. */
export interface SocketLimit {
  /**
   * Counts a socket of this peer.
   *
   * @returns the name under which it is counted; `undefined` if it is not counted; `false` if the
   * peer has too many sockets
   */
  enter(remoteAddress: string): string | undefined | false;
  leave(counted: string): void;
}

/**
 * Counts a socket that has just connected, and destroys it if its peer has too many. Each socket
 * may stay open for the time that a request may take, and their total number is limited.
 *
 * @returns whether the socket stays open
 */
export function countSocket(socket: Socket, limit: SocketLimit): boolean {
  const address = addressOrEnd(socket);
  const counted = address !== undefined && limit.enter(address);
  if (counted === false) socket.destroy();
  else if (counted !== undefined) socket.once('close', () => limit.leave(counted));
  return counted !== false;
}

/**
 * The address of a TCP socket. One that the client has reset already has none: it is destroyed,
 * because its requests would be counted under no address. Node keeps the address once it is read.
 */
export function addressOrEnd(socket: Socket): string | undefined {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) socket.destroy();
  return remoteAddress;
}

/** Counts sockets by address; sockets of trusted proxies are not counted. */
export function socketLimit({ ofSocket }: Addresses, sockets: Slots): SocketLimit {
  return {
    enter(remoteAddress) {
      const address = ofSocket(remoteAddress);
      return address === undefined || sockets.take(address) ? address : false;
    },
    leave: (address) => sockets.free(address),
  };
}
