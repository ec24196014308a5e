import { OWNER_LABEL, type Owner, RUN_LABEL } from './container-options.js';
import { type DockerEngine, engineMessage } from './docker-engine.js';

/**
 * Removes the containers that an earlier run of this relay has left, because it crashed or was
 * killed: containers go on without it.
 *
 * @param failed is told what could not be removed
 */
export async function removeLeftOvers(
  engine: DockerEngine,
  { name, run }: Owner,
  failed: (why: string) => void,
): Promise<void> {
  try {
    const all = await engine.list(`${OWNER_LABEL}=${name}`);
    for (const { id, labels } of all) {
      if (labels[OWNER_LABEL] === name && labels[RUN_LABEL] !== run) await engine.remove(id);
    }
  } catch (error) {
    failed(`containers of an earlier run may be left: ${engineMessage(error)}`);
  }
}
