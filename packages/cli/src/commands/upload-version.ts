import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { CloudApiClient } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import { cliConfigDir } from '../cloud/cli-config.js';
import { createProgress, formatBytes } from '../output/progress.js';
import { uploadFile } from '../upload/upload-file.js';
import { openUploadState, type UploadState, type UploadTicket } from '../upload/upload-state.js';
import { waitForVersion } from '../upload/wait-for-version.js';
import type { Version } from './app-versions.js';
import { type ApiOptions, type CommandContext, connectApiWith, print } from './context.js';

/** Options of `upload-application-version-file`. */
export interface UploadVersionOptions extends ApiOptions {
  readonly appId: string;
  readonly versionId?: string;
  readonly path?: string;
  readonly url?: string;
  readonly wait: boolean;
}

const monotonic = (): number => performance.now();

/** A package may be uploaded to versions in these states; that of a failed one is tried again. */
const open: readonly string[] = ['Uploading', 'CreateFailed'] satisfies readonly Version['ApplicationVersionStatus'][];

/** The version that waits for a package. @throws AppError `option-invalid` */
async function findVersion(api: CloudApiClient, { appId, versionId }: UploadVersionOptions): Promise<Version> {
  const { Versions } = await api.describeApplicationVersion({ ApplicationId: appId });
  const isOpen = (version: Version): boolean => open.includes(version.ApplicationVersionStatus);
  const version = Versions.find((candidate) =>
    versionId === undefined ? isOpen(candidate) : candidate.ApplicationVersionId === versionId,
  );
  if (version !== undefined && isOpen(version)) return version;
  const what =
    version === undefined
      ? versionId === undefined
        ? 'No version waits for a package.'
        : `There is no version ${versionId}.`
      : `The version ${versionId} is ${version.ApplicationVersionStatus} and takes no package.`;
  throw new AppError(
    'option-invalid',
    `${what} Make one: cloudstage create-application-version --app-id ${appId} --name <file name>`,
  );
}

function packageFile(context: CommandContext, path: string): { readonly filePath: string; readonly size: number } {
  const filePath = resolve(context.workingDir, path);
  const found = statSync(filePath, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile()) {
    throw new AppError('option-invalid', `--path: ${filePath} is no file`);
  }
  return { filePath, size: found.size };
}

async function takeTicket(
  api: CloudApiClient,
  applicationId: string,
  filePath: string,
  state: UploadState,
): Promise<UploadTicket> {
  const kept = state.readTicket(Math.floor(Date.now() / 1_000));
  if (kept !== null) return kept;
  const credential = await api.describeCosCredential({
    ApplicationId: applicationId,
    ApplicationFileName: basename(filePath),
  });
  const ticket: UploadTicket = {
    uploadUrl: credential.UploadUrl,
    token: credential.SessionToken,
    path: credential.Path,
    expiresAtSeconds: credential.ExpiredTime,
  };
  state.writeTicket(ticket);
  return ticket;
}

async function upload(
  context: CommandContext,
  api: CloudApiClient,
  endpoint: string,
  target: { readonly applicationId: string; readonly versionId: string; readonly path: string },
): Promise<void> {
  const { filePath, size } = packageFile(context, target.path);
  const state = openUploadState(cliConfigDir(context), { endpoint, ...target, filePath });
  const ticket = await takeTicket(api, target.applicationId, filePath, state);
  const progress = createProgress(context.stderr, { label: 'Uploading', totalBytes: size, now: monotonic });
  try {
    await uploadFile({ filePath, ticket, state, signal: context.signal, onProgress: progress.update });
  } finally {
    progress.end();
  }
  context.stderr.write(`Uploaded ${formatBytes(size)}.\n`);
}

async function waitUntilMade(
  context: CommandContext,
  api: CloudApiClient,
  applicationId: string,
  versionId: string,
): Promise<Version> {
  let shown = -1;
  return waitForVersion(api, {
    applicationId,
    versionId,
    signal: context.signal,
    onProgress: (percent) => {
      if (percent === shown) return;
      shown = percent;
      context.stderr.write(
        context.stderr.isTTY === true ? `\r\x1b[KUnpacking  ${percent} %` : `Unpacking  ${percent} %\n`,
      );
    },
  }).finally(() => {
    if (shown >= 0 && context.stderr.isTTY === true) context.stderr.write('\n');
  });
}

/** Uploads the package of a version, or has it fetched; then waits until the version is made. */
export async function runUploadVersionFile(context: CommandContext, options: UploadVersionOptions): Promise<void> {
  const { appId: applicationId, path, url } = options;
  if ((path === undefined) === (url === undefined)) {
    throw new AppError('option-invalid', 'Give either --path or --url.');
  }
  // A wrong path is told before anything is asked.
  if (path !== undefined) packageFile(context, path);
  const { api, endpoint } = await connectApiWith(context, options);
  const { ApplicationVersionId: versionId } = await findVersion(api, options);
  if (path !== undefined) await upload(context, api, endpoint, { applicationId, versionId, path });
  const answer = await api.createApplicationSnapshot({
    ApplicationId: applicationId,
    ApplicationDownloadUrl: url ?? '',
  });
  if (!options.wait) {
    const text = `The version ${versionId} is being made. "cloudstage app versions ${applicationId}" shows its state.`;
    return print(context, options, answer, text);
  }
  const version = await waitUntilMade(context, api, applicationId, versionId);
  const text = [
    `The version ${versionId} is ready: ${formatBytes(version.ApplicationVersionSize)}.`,
    `Next: cloudstage app paths ${applicationId}, cloudstage app configure ${applicationId} --exe <path>, cloudstage app publish ${applicationId} --version-id ${versionId}`,
  ].join('\n');
  print(context, options, version, text);
}
