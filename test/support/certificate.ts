import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of a certificate for this machine, made by OpenSSL's command. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Deletes them. */
  remove(): void;
}

export function selfSigned(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'lobby-relay-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  const files = ['-subj', '/CN=localhost', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' });
  return { cert, key, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
