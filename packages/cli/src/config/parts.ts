import type { ControlPlaneConfig } from '@cloudstage/control-plane';
import type { RenderNodeConfig } from '@cloudstage/render-node';
import type { CloudstageConfig } from './schema.js';

/** Addresses of this machine, as `os.networkInterfaces()` lists them. */
export interface MachineAddress {
  readonly family: string;
  readonly address: string;
  readonly internal: boolean;
}

/** Candidates in an answer cost the browser checks; more than this do not help. */
const maxPublicAddresses = 8;

/** The control plane's part of the configuration. PURE. */
export function controlPlaneConfigOf(config: CloudstageConfig): ControlPlaneConfig {
  const { api, dataDir, databaseUrl, masterKey, masterKeyPrevious, sessions, packages, storage, applications } = config;
  const { cloudApi, concurrency, regions, audit, metrics, streams } = config;
  return {
    api,
    dataDir,
    databaseUrl,
    masterKey,
    masterKeyPrevious,
    sessions,
    packages,
    storage,
    applications,
    cloudApi,
    concurrency,
    regions,
    audit,
    metrics,
    streams,
  };
}

/** The render node's part of the configuration. PURE. */
export function renderNodeConfigOf(config: CloudstageConfig, machine: readonly MachineAddress[]): RenderNodeConfig {
  const { media, node, dataDir, log } = config;
  return {
    ...node,
    dataDir,
    logLevel: log.level,
    media: {
      listenAddresses: media.listenAddresses,
      publicAddresses: publicAddresses(config, machine),
      ...mediaPorts(config),
    },
    processEntries: {},
  };
}

/** UDP and TCP port of media, whichever way they were given. PURE. */
export function mediaPorts({ media }: CloudstageConfig): { readonly udpPort: number; readonly tcpPort: number } {
  return { udpPort: media.udpPort ?? media.port, tcpPort: media.tcpPort ?? media.port };
}

/** URL at which this machine itself reaches a server that listens on `address`. PURE. */
export function localUrl(address: string, port: number): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Addresses that browsers are told to send media to. PURE. */
export function publicAddresses(config: CloudstageConfig, machine: readonly MachineAddress[]): string[] {
  if (config.media.publicAddresses.length > 0) return config.media.publicAddresses;
  const loopback = '127.0.0.1';
  if (isLoopback(config.api.listenAddress) && isLoopback(config.demo.listenAddress)) return [loopback];
  const own = machine.filter((entry) => entry.family === 'IPv4' && !entry.internal).map((entry) => entry.address);
  return [...own, loopback].slice(0, maxPublicAddresses);
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}
