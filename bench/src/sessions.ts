import { type CloudApiClient, createCloudApiClient } from '@cloudstage/cloud-api';
import type { BenchCase } from './cases.js';
import { benchLimits } from './limits.js';
import { stampPackage } from './pack-stamp.js';
import { eventually, type Product } from './product.js';

/** What a business backend does for the benches. */

/** A client of the instance's cloud API. */
export function cloudApiOf(product: Product): CloudApiClient {
  const { SecretId: secretId, SecretKey: secretKey } = product.accessKey;
  return createCloudApiClient({ endpoint: product.apiUrl, secretId, secretKey });
}

/** Registers the program from its archive. @returns its ApplicationId. */
export async function registerStamp(product: Pick<Product, 'cli'>, archivePath: string): Promise<string> {
  const answer = await product.cli<{ readonly ApplicationId: string }>(
    ...['app', 'add', '--name', 'stamp', '--archive', archivePath],
    ...['--entry', stampPackage.entryPath, '--args', stampPackage.args],
  );
  return answer.ApplicationId;
}

/** Makes a project that runs the program with the given settings. @returns its ProjectId. */
export async function addProject(product: Product, applicationId: string, settings: BenchCase): Promise<string> {
  const { name, width, height, fps, maxBitrateMbps } = settings;
  const answer = await product.cli<{ readonly ProjectId: string }>(
    ...['project', 'add', '--name', name, '--application', applicationId, '--resolution', `${width}x${height}`],
    ...['--fps', String(fps), '--max-bitrate-mbps', String(maxBitrateMbps)],
  );
  return answer.ProjectId;
}

/** Locks a slot and creates the session, as a business backend does; a slot that is being prepared is waited for. */
export function createSession(
  product: Product,
  projectId: string,
  userId: string,
  clientSession: string,
  parameters: string,
): Promise<string> {
  const api = cloudApiOf(product);
  return eventually('a session', benchLimits.slotFreeMs, async () => {
    const user = { UserId: userId, UserIp: '127.0.0.1' };
    await api.applyConcurrent({ ...user, ProjectId: projectId });
    const answer = await api.createSession({
      ...user,
      ClientSession: clientSession,
      ApplicationParameters: parameters,
    });
    return answer.ServerSession;
  });
}

/** Ends a user's session. */
export async function endSession(product: Product, userId: string): Promise<void> {
  await cloudApiOf(product).destroySession({ UserId: userId });
}
