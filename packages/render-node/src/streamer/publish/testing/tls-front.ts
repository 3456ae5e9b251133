import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';

/** TLS in front of a server of a test, with a certificate of its own. */
export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

async function createCertificate(): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const dir = await mkdtemp(join(tmpdir(), 'tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const args = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert];
  try {
    const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Ends TLS on a loopback port and goes on to `targetPort` in plain. */
export async function openTlsFront(targetPort: number): Promise<TlsFront> {
  const open = new Set<TLSSocket>();
  const server = createServer(await createCertificate(), (client) => {
    const target = connect(targetPort, '127.0.0.1');
    open.add(client);
    client.pipe(target).pipe(client);
    for (const socket of [client, target]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        open.delete(client);
        client.destroy();
        target.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of open) client.destroy();
      await closed;
    },
  };
}
