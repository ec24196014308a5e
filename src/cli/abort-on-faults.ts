export interface FaultSteps {
  report(error: unknown): void;
  /** Closes all connections. */
  abort(): Promise<void>;
  /** Ends the process. */
  exit(): Promise<void>;
}

/** Ends the process after an uncaught exception: its state can no longer be trusted. */
export function abortOnFaults({ report, abort, exit }: FaultSteps): void {
  let isAborting = false;
  const onFault = async (error: unknown): Promise<void> => {
    if (isAborting) return;
    isAborting = true;
    report(error);
    await abort().catch(() => {});
    await exit();
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
}
