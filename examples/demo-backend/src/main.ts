#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { createDemoBackend } from './demo-backend.js';

/**
 * The demo backend on its own. Settings come from the environment: SECRET_ID and SECRET_KEY, or ACCESS_KEY_FILE
 * (`{"SecretId","SecretKey"}`); PROJECT_ID; CLOUD_API_URL, REGION, LISTEN_ADDRESS, PORT; SALT to demand signed requests.
 */
const environment = process.env;
const logger = pino();

function setting(name: string, fallback?: string): string {
  const value = environment[name] ?? fallback;
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

function accessKey(): { secretId: string; secretKey: string } {
  const file = environment.ACCESS_KEY_FILE;
  if (file === undefined || file === '') return { secretId: setting('SECRET_ID'), secretKey: setting('SECRET_KEY') };
  const key = JSON.parse(readFileSync(file, 'utf8')) as { SecretId: string; SecretKey: string };
  return { secretId: key.SecretId, secretKey: key.SecretKey };
}

const backend = createDemoBackend(
  {
    listenAddress: setting('LISTEN_ADDRESS', '127.0.0.1'),
    port: Number(setting('PORT', '3000')),
    cloud: {
      url: setting('CLOUD_API_URL', 'http://127.0.0.1:8080'),
      region: setting('REGION', 'local'),
      ...accessKey(),
    },
    salt: environment.SALT === undefined || environment.SALT === '' ? null : environment.SALT,
    queueLength: Number(setting('QUEUE_LENGTH', '1000')),
    pageDir: fileURLToPath(new URL('../../demo-page/dist', import.meta.url)),
    sdkFile: fileURLToPath(new URL('../../../packages/web-sdk/dist/bundle/tcgsdk.js', import.meta.url)),
    projectId: setting('PROJECT_ID'),
  },
  logger,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void backend.close());
logger.info({ url: await backend.listen() }, 'demo backend is ready');
