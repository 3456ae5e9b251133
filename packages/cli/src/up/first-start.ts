import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ControlPlane } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import { demoApplication, ensureDemoPackage } from '../demo/extreme-tux-racer.js';

/** The first access key of the instance. */
export interface AccessKey {
  readonly SecretId: string;
  readonly SecretKey: string;
}

/** Ids of the demo. */
export interface DemoIds {
  readonly ProjectId: string;
  readonly ApplicationId: string;
}

/** Where the first access key lies. */
export function accessKeyPath(dataDir: string): string {
  return join(dataDir, 'access-key.json');
}

/**
 * Finds or makes the first access key, and keeps it in `access-key.json` (mode 0600). A file that was lost, also by a kill
 * between the two, is written again.
 * @throws AppError `access-key-unavailable` when the key was removed from the database.
 */
export async function ensureAccessKeyFile(controlPlane: ControlPlane, dataDir: string): Promise<AccessKey> {
  const path = accessKeyPath(dataDir);
  const first = await controlPlane.admin.ensureFirstAccessKey();
  const secretKey = first.secretKey ?? (await controlPlane.services.findAccessKey(first.secretId))?.secretKey;
  if (secretKey === undefined) {
    throw new AppError('access-key-unavailable', `The access key ${first.secretId} is not in the database any more.`);
  }
  const key: AccessKey = { SecretId: first.secretId, SecretKey: secretKey };
  writeJson(path, key, 0o600);
  return key;
}

/**
 * Registers the demo program by the same way as any customer's, and its project; later starts find both. The ids are kept
 * in `demo.json`.
 */
export async function ensureDemo(
  controlPlane: ControlPlane,
  options: { readonly dataDir: string; readonly cacheDir: string; readonly onStep: (step: string) => void },
): Promise<DemoIds> {
  const { admin } = controlPlane;
  const { name, entryPath, projectName, width, height, fps, maxBitrateMbps } = demoApplication;
  let archivePath = '';
  if (!(await admin.hasOnlineApplication(name))) {
    archivePath = await ensureDemoPackage(options);
    options.onStep('Uploading the demo program');
  }
  const { applicationId } = await admin.findOrCreateApplication({
    name,
    kind: 'Application3D',
    entryPath,
    args: [],
    archivePath,
    archiveName: basename(archivePath),
  });
  const { projectId } = await admin.findOrCreateProject({
    name: projectName,
    applicationId,
    width,
    height,
    fps,
    maxBitrateBps: maxBitrateMbps * 1_000_000,
  });
  const ids: DemoIds = { ProjectId: projectId, ApplicationId: applicationId };
  writeJson(join(options.dataDir, 'demo.json'), ids, 0o644);
  return ids;
}

/** Written aside and renamed, so that nobody reads half a file; untouched when it already says the same. */
function writeJson(path: string, value: unknown, mode: number): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, path);
}
