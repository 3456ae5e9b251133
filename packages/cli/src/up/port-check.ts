import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { AppError } from '@cloudstage/protocol';

/** A port that a part will listen on, with the key that changes it. */
export interface WantedPort {
  readonly use: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly key: string;
  readonly environmentName: string;
}

/**
 * Tries each port and gives it back, so that a taken one is named before anything has started.
 * @throws AppError `port-unavailable` with one line for each port that cannot be had.
 */
export async function checkPorts(wanted: readonly WantedPort[]): Promise<void> {
  const problems: string[] = [];
  for (const entry of wanted) {
    const code = entry.protocol === 'tcp' ? await tryTcp(entry) : await tryUdp(entry);
    if (code !== null) problems.push(describe(entry, code));
  }
  if (problems.length > 0) throw new AppError('port-unavailable', problems.join('\n'));
}

function describe(entry: WantedPort, code: string): string {
  const place = `${entry.protocol.toUpperCase()} port ${entry.port} on ${entry.address} (${entry.use})`;
  const change = `set ${entry.key} in cloudstage.yaml or ${entry.environmentName}=<port>`;
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use by another program. End that program, or ${change}.`;
    case 'EACCES':
      return `${place} needs root. Choose a port above 1023: ${change}.`;
    case 'EADDRNOTAVAIL':
      return `${place}: this machine does not have that address.`;
    default:
      return `${place}: ${code}`;
  }
}

function tryTcp({ address, port }: WantedPort): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function tryUdp({ address, port }: WantedPort): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(null)));
  });
}
