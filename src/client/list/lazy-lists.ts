import { systemClock } from '../environment.js';
import { ABNORMAL } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';
import { loadCode } from '../load-code.js';
import { loadFile } from '../load-file.js';
import { join } from '../player/join-room.js';
import type * as direct from './list-rooms.js';
import type { ListsContext } from './lists-context.js';
import type * as directJoin from './quick-join.js';

type ListsModule = typeof import('./lists.js');

/* The files for browsers have these functions in place of those that load nothing. */

const context: ListsContext = { RelayError, join };

/** @throws RelayError `unreachable`; the next call tries again */
async function load(): Promise<ListsModule> {
  return loadCode(systemClock, () => loadFile<ListsModule>('lists.js')).catch(() => {
    throw new RelayError(ABNORMAL, 'lists.js could not be loaded');
  });
}

/** As in `list-rooms.ts`, but loads the code for it first. */
export const listRooms: typeof direct.listRooms = async (...request) =>
  (await load()).requestRooms(context, ...request);

/** As in `quick-join.ts`, but loads the code for it first. */
export const quickJoin: typeof directJoin.quickJoin = async (...request: unknown[]) =>
  (await load()).joinListed(context, ...(request as Parameters<typeof directJoin.quickJoin>));
