import { OWNER_LABEL, type Owner, RUN_LABEL } from './container-options.js';
import { type DockerEngine, engineMessage } from './docker-engine.js';

/**
 * Removes the containers of an earlier run of this relay, which keep running if the relay crashes or is
 * killed.
 *
 * @param failed is called if they could not be removed
 */
export async function removeStaleContainers(
  engine: DockerEngine,
  { name, run }: Owner,
  failed: (reason: string) => void,
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
