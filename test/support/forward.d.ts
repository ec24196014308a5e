import type { Socket } from 'node:net';

export function forward(socket: Socket, ports: readonly number[]): void;
