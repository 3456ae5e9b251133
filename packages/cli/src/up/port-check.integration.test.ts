import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPorts, type WantedPort } from './port-check.js';

let tcp: Server;
let udp: Socket;
const wanted = (protocol: 'tcp' | 'udp', port: number): WantedPort => ({
  use: 'media',
  protocol,
  address: '127.0.0.1',
  port,
  key: 'media.port',
  environmentName: 'CLOUDSTAGE_MEDIA_PORT',
});

beforeEach(async () => {
  tcp = createServer().listen(0, '127.0.0.1');
  udp = createSocket('udp4');
  udp.bind(0, '127.0.0.1');
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
});
afterEach(() => {
  tcp.close();
  udp.close();
});

describe('the look at the ports', () => {
  it('names every taken port and what changes it', async () => {
    const tcpPort = (tcp.address() as AddressInfo).port;
    const udpPort = udp.address().port;
    const check = checkPorts([wanted('tcp', tcpPort), wanted('udp', udpPort)]);
    await expect(check).rejects.toMatchObject({ code: 'port-unavailable' });
    await expect(check).rejects.toThrow(`TCP port ${tcpPort} on 127.0.0.1 (media) is in use`);
    await expect(check).rejects.toThrow(`UDP port ${udpPort}`);
    await expect(check).rejects.toThrow('CLOUDSTAGE_MEDIA_PORT=<port>');
  });

  it('gives free ports back', async () => {
    const port = (tcp.address() as AddressInfo).port;
    tcp.close();
    await once(tcp, 'close');
    await checkPorts([wanted('tcp', port), wanted('tcp', port)]);
    tcp = createServer().listen(port, '127.0.0.1');
    await once(tcp, 'listening');
  });
});
