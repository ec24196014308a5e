/** Is told what launchers and servers do that no player is told. */
export interface LaunchLog {
  /** A line that a server has printed. */
  serverOutput(server: string, line: string): void;
  /** So many lines were not logged, because the server prints too many. */
  serverOutputSuppressed(server: string, lines: number): void;
  /**
   * A launcher could not do something, such as end a server.
   *
   * @param server the server's id; `undefined` if it is about none in particular
   */
  launcherFailed(game: string, server: string | undefined, why: string): void;
}
