/**
 * The URL of a relay of a cluster, to which `/CODE` is appended. It has no user, query or fragment, and is
 * the reason of a close: 123 bytes at most (RFC 6455 section 5.5).
 */
export const NODE_URL =
  /^(?=.{1,123}$)(?:ws|http)s?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/[\w.~%/-]*)?$/i;
