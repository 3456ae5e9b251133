import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlPlane, createControlPlane, createInProcessNodeLink } from '@cloudstage/control-plane';
import { type CloudConfig, createDemoBackend } from '@cloudstage/demo-backend';
import { createRenderNode, resolveRunDir } from '@cloudstage/render-node';
import type { Logger } from 'pino';
import { adminOperations, adminStreams } from '../admin/contract.js';
import { createAdminServer } from '../admin/server.js';
import { adminSocketPath } from '../admin/socket-path.js';
import { controlPlaneConfigOf, localUrl, mediaPorts, renderNodeConfigOf } from '../config/parts.js';
import type { CloudstageConfig } from '../config/schema.js';
import { limits } from '../limits.js';
import type { Console } from './console.js';
import { accessKeyPath, ensureAccessKeyFile, ensureDemo } from './first-start.js';
import { checkPorts, type WantedPort } from './port-check.js';
import { checkPrograms } from './preflight.js';
import { awaitReady, type ReadySources } from './ready.js';
import type { ClosingStack } from './shutdown.js';

/** What {@link startAll} works with; all of it is the caller's. */
export interface StartContext {
  readonly config: CloudstageConfig;
  readonly logger: Logger;
  readonly console: Console;
  /** Gets every part as soon as it must be closed. */
  readonly closing: ClosingStack;
  readonly signal: AbortSignal;
}

/**
 * Starts control plane, render node, demo and admin socket in one process and waits until a slot is ready.
 * The caller holds the instance lock and closes `closing` when this fails or the instance ends.
 * @throws AppError whose message says what to do; the signal's reason when it is aborted.
 */
export async function startAll(context: StartContext): Promise<void> {
  const { config, console, signal } = context;
  checkPrograms(process.env.PATH ?? '');
  await checkPorts(wantedPorts(config));
  console.step('Starting the control plane and the render node');
  const platform = await startPlatform(context);
  const { controlPlane, apiUrl } = platform;
  signal.throwIfAborted();
  const accessKey = await ensureAccessKeyFile(controlPlane, config.dataDir);
  await startAdminSocket(controlPlane, context);
  const cloud = {
    url: apiUrl,
    secretId: accessKey.SecretId,
    secretKey: accessKey.SecretKey,
    region: config.node.region,
  };
  if (config.demo.enabled) await startDemo(controlPlane, cloud, context);
  signal.throwIfAborted();
  console.step('Waiting for a slot');
  await awaitReady(platform, { slots: config.node.slots, signal });
  printWhere(config, apiUrl, console);
}

interface Platform extends ReadySources {
  /** Where this machine reaches the cloud API. */
  readonly apiUrl: string;
}

async function startPlatform({ config, logger, closing, signal }: StartContext): Promise<Platform> {
  const { link, uplink } = createInProcessNodeLink();
  const controlPlane = await createControlPlane(controlPlaneConfigOf(config), {
    nodeLink: link,
    logger: logger.child({ part: 'control-plane' }),
  });
  closing.add({ name: 'control plane', close: () => controlPlane.close() });
  signal.throwIfAborted();
  const machine = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const node = await createRenderNode(renderNodeConfigOf(config, machine), {
    uplink,
    logger: logger.child({ part: 'render-node' }),
  });
  closing.add({ name: 'render node', close: () => node.close() });
  await node.start();
  signal.throwIfAborted();
  const listening = new URL((await controlPlane.listen()).url);
  return {
    controlPlane,
    describeNode: () => link.call(config.node.nodeId, 'node.describe', {}, { deadlineMs: limits.describeNodeMs }),
    apiUrl: localUrl(config.api.listenAddress, Number(listening.port || '80')),
  };
}

async function startAdminSocket(controlPlane: ControlPlane, { config, logger, closing }: StartContext): Promise<void> {
  const admin = await createAdminServer(adminSocketPath(config.dataDir), {
    operations: adminOperations,
    streams: adminStreams,
    admin: controlPlane.admin,
    logger: logger.child({ part: 'admin' }),
  });
  closing.add({ name: 'admin socket', close: () => admin.close() });
}

async function startDemo(controlPlane: ControlPlane, cloud: CloudConfig, context: StartContext): Promise<void> {
  const { config, logger, console, closing, signal } = context;
  const { dataDir, demo } = config;
  const ids = await ensureDemo(controlPlane, { dataDir, cacheDir: demo.cacheDir, onStep: console.step });
  signal.throwIfAborted();
  const backend = createDemoBackend(
    {
      listenAddress: demo.listenAddress,
      port: demo.port,
      cloud,
      salt: demo.salt ?? null,
      queueLength: demo.queueLength,
      pageDir: fileURLToPath(new URL('../../../../examples/demo-page/dist/site', import.meta.url)),
      sdkFile: fileURLToPath(new URL('../../../web-sdk/dist/bundle/tcgsdk.js', import.meta.url)),
      projectId: ids.ProjectId,
    },
    logger.child({ part: 'demo-backend' }),
  );
  closing.add({ name: 'demo backend', close: () => backend.close() });
  await backend.listen();
}

function wantedPorts(config: CloudstageConfig): readonly WantedPort[] {
  const { api, demo, media } = config;
  const list: WantedPort[] = [
    {
      use: 'cloud API',
      protocol: 'tcp',
      address: api.listenAddress,
      port: api.port,
      key: 'api.port',
      environmentName: 'CLOUDSTAGE_API_PORT',
    },
  ];
  if (demo.enabled) {
    list.push({
      use: 'demo page',
      protocol: 'tcp',
      address: demo.listenAddress,
      port: demo.port,
      key: 'demo.port',
      environmentName: 'CLOUDSTAGE_DEMO_PORT',
    });
  }
  // After a kill the port mux goes on with its sessions; this start takes it over, ports and all.
  if (
    existsSync(
      join(
        resolveRunDir({ ...config.node, dataDir: config.dataDir }, process.getuid?.() ?? 0, process.env),
        'mux.json',
      ),
    )
  )
    return list;
  const { udpPort, tcpPort } = mediaPorts(config);
  for (const address of media.listenAddresses) {
    list.push({
      use: 'media',
      protocol: 'udp',
      address,
      port: udpPort,
      key: 'media.udpPort',
      environmentName: 'CLOUDSTAGE_MEDIA_UDP_PORT',
    });
    list.push({
      use: 'media',
      protocol: 'tcp',
      address,
      port: tcpPort,
      key: 'media.tcpPort',
      environmentName: 'CLOUDSTAGE_MEDIA_TCP_PORT',
    });
  }
  return list;
}

function printWhere(config: CloudstageConfig, apiUrl: string, console: Console): void {
  const { demo } = config;
  const { udpPort, tcpPort } = mediaPorts(config);
  console.line('');
  console.line('Cloudstage is ready.');
  if (demo.enabled) console.line(`  Demo page     ${localUrl(demo.listenAddress, demo.port)}`);
  console.line(`  Cloud API     ${apiUrl}`);
  console.line(`  Media         UDP ${udpPort}, TCP ${tcpPort}`);
  console.line(`  Access key    ${accessKeyPath(config.dataDir)}`);
  console.line(`  Log           ${join(config.dataDir, 'logs', 'cloudstage.log')}`);
  console.line('Ctrl-C ends everything.');
}
