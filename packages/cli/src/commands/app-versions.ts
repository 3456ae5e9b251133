import type { ActionResponse } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import { formatBytes } from '../output/progress.js';
import { renderTable } from '../output/table.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';

/** A version as the cloud API lists it. */
export type Version = ActionResponse<'DescribeApplicationVersion'>['Versions'][number];

const byAge = (a: Version, b: Version): number => (a.CreateTime < b.CreateTime ? 1 : -1);

/** Lists versions. */
export async function runAppVersions(context: CommandContext, id: string, options: ApiOptions): Promise<void> {
  const api = await connectApi(context, options);
  const { Versions } = await api.describeApplicationVersion({ ApplicationId: id });
  const text = renderTable(
    Versions,
    [
      ['ID', (row) => row.ApplicationVersionId],
      ['NAME', (row) => row.ApplicationVersionName],
      ['STATE', (row) => row.ApplicationVersionStatus],
      ['SIZE', (row) => formatBytes(row.ApplicationVersionSize)],
      ['UPDATE', (row) => row.ApplicationVersionUpdateMode],
      ['REGIONS', (row) => row.ApplicationVersionRegions?.join(',') || 'all'],
      ['CREATED', (row) => row.CreateTime],
    ],
    `No versions. "cloudstage create-application-version --app-id ${id} --name <file>" makes one.`,
  );
  print(context, options, Versions, text);
}

/** Options that name a version. */
export interface VersionOptions extends ApiOptions {
  readonly versionId?: string;
}

/** The version to go back to: the newest that was online before the present one was made. PURE. */
export function rollbackTarget(versions: readonly Version[]): Version | null {
  const online = versions.find((version) => version.ApplicationVersionStatus === 'Inuse');
  const usable = versions.filter((version) => version.ApplicationVersionStatus === 'Usable').sort(byAge);
  return usable.find((version) => online === undefined || version.CreateTime <= online.CreateTime) ?? null;
}

/** Puts a version online. */
export async function runAppPublish(context: CommandContext, id: string, options: VersionOptions): Promise<void> {
  const api = await connectApi(context, options);
  const versionId = options.versionId ?? '';
  const answer = await api.setApplicationVersionOnline({ ApplicationId: id, ApplicationVersionId: versionId });
  print(context, options, answer, `${versionId} is online; running sessions keep their version.`);
}

/** Puts a former version online again. */
export async function runAppRollback(context: CommandContext, id: string, options: VersionOptions): Promise<void> {
  const api = await connectApi(context, options);
  let { versionId } = options;
  if (versionId === undefined) {
    const { Versions } = await api.describeApplicationVersion({ ApplicationId: id });
    versionId = rollbackTarget(Versions)?.ApplicationVersionId;
  }
  if (versionId === undefined) {
    throw new AppError(
      'option-invalid',
      `No older version was online before. "cloudstage app versions ${id}" lists them; name one by --version-id.`,
    );
  }
  await runAppPublish(context, id, { ...options, versionId });
}

/** Deletes an application or one version. */
export async function runAppDelete(
  context: CommandContext,
  id: string,
  options: VersionOptions & ConfirmOptions,
): Promise<void> {
  const { versionId } = options;
  await confirm(context, options, versionId === undefined ? `Delete ${id} and its versions` : `Delete ${versionId}`);
  const api = await connectApi(context, options);
  const answer =
    versionId === undefined
      ? await api.deleteApplication({ ApplicationId: id })
      : await api.deleteApplicationVersion({ ApplicationId: id, ApplicationVersionId: versionId });
  print(context, options, answer, 'Deleted.');
}
