/** Gets messages of launchers and servers, for the log. */
export interface LaunchLog {
  /** A line that a server has printed. */
  serverOutput(server: string, line: string): void;
  /** This number of lines was not logged, because the server prints too many. */
  serverOutputSuppressed(server: string, lines: number): void;
  /**
   * A launcher has failed, for example to end a server.
   *
   * @param server the server's id; `undefined` if the failure is not about one server
   */
  launcherFailed(game: string, server: string | undefined, reason: string): void;
}
