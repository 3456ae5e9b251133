import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { buildZip, type RawZipEntry } from '../../storage/archives.testkit.js';
import { until } from '../../testing/harness.testkit.js';
import type { Call } from './official-sdks.testkit.js';

/** The smallest program that a node could run. */
export const program: RawZipEntry = { name: 'bin/game', content: '\x7fELF a program', mode: 0o100755 };

/** What most applications say of their window. */
export const desktop = { WindowUseType: 'ApplicationDesktop' };

/** Parameters of a call. */
export type Fields = Record<string, unknown>;

/** A version, as far as the tests read it. */
export type Version = { readonly ApplicationVersionId: string; readonly ApplicationVersionStatus: string };

/** A refusal as every package shows it. */
export const refused = (code: string) => ({ code, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });

/** A name that no other application of the test run has. */
export const newName = (): string => `游戏 ${randomUUID().slice(0, 13)}`;

/** What customers do with applications, through one way of calling; `uploader` asks for credentials, as a client that drops no field. */
export function applicationsOf(uploader: () => Call, call: Call) {
  const create = async (ApplicationType = 'Application3D'): Promise<string> => {
    const made = await call('CreateApplication', { ApplicationName: newName(), ApplicationType });
    return String(made.ApplicationId);
  };
  const createVersion = async (ApplicationId: string, extra: Fields = {}): Promise<string> => {
    const request = { ApplicationId, ApplicationFileName: 'game.zip', ...extra };
    const { Version } = (await call('CreateApplicationVersion', request)) as { Version: Version };
    return Version.ApplicationVersionId;
  };
  const versions = async (ApplicationId: string): Promise<readonly Version[]> => {
    const { Versions } = await call('DescribeApplicationVersion', { ApplicationId });
    return Versions as readonly Version[];
  };
  const statusOf = async (ApplicationId: string, versionId: string) =>
    (await versions(ApplicationId)).find((row) => row.ApplicationVersionId === versionId)?.ApplicationVersionStatus;
  /** As a customer uploads: with the credential, to the address that this product adds. */
  const upload = async (ApplicationId: string, content: Buffer): Promise<void> => {
    const credential = await uploader()('DescribeCosCredential', {
      ApplicationId,
      ApplicationFileName: 'game.zip',
    });
    const response = await fetch(new URL(String(credential.Path), String(credential.UploadUrl)), {
      method: 'PUT',
      headers: { authorization: `Bearer ${credential.SessionToken}` },
      body: new Uint8Array(content),
    });
    expect(response.status).toBeLessThan(300);
  };
  const finish = (ApplicationId: string, versionId: string) =>
    until('the version', async () => {
      const status = await statusOf(ApplicationId, versionId);
      return status !== 'Uploading' && status !== 'Creating' && status;
    });
  const ready = async (ApplicationId: string, entries: readonly RawZipEntry[], extra: Fields = {}) => {
    const versionId = await createVersion(ApplicationId, extra);
    await upload(ApplicationId, buildZip([...entries]));
    await call('CreateApplicationSnapshot', { ApplicationId, ApplicationDownloadUrl: '' });
    await finish(ApplicationId, versionId);
    return versionId;
  };
  const configure = (ApplicationId: string, extra: Fields = {}) =>
    call('ModifyApplicationBaseInfo', {
      ApplicationId,
      ApplicationExePath: 'bin/game',
      ApplicationInterList: 'game|helper',
      ApplicationBaseInfo: desktop,
      ...extra,
    });
  return { create, createVersion, versions, statusOf, upload, finish, ready, configure };
}
