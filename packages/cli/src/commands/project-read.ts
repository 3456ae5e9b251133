import type { ActionResponse, CloudApiClient } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import { renderFields, renderTable } from '../output/table.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';
import { eachPage } from './pages.js';

type Project = NonNullable<ActionResponse<'DescribeApplicationProjects'>['Projects']>[number];

/** Lists projects. */
export async function runProjectList(context: CommandContext, options: ApiOptions): Promise<void> {
  const api = await connectApi(context, options);
  const all = await eachPage(async (page) => {
    const { Projects, Total } = await api.describeApplicationProjects(page);
    return { rows: Projects ?? [], total: Total ?? 0 };
  });
  const text = renderTable(
    all,
    [
      ['ID', (row) => row.ProjectId],
      ['NAME', (row) => row.Name],
      ['TYPE', (row) => row.Type],
      ['KIND', (row) => row.ProjectType],
      ['APPLICATION', (row) => row.ApplicationId || '-'],
      ['STATE', (row) => row.ApplicationStatus],
      ['USING', (row) => `${row.Using ?? 0}/${row.Amount ?? 0}`],
    ],
    'No projects. "cloudstage project create" makes one.',
  );
  print(context, options, all, text);
}

async function findProject(api: CloudApiClient, id: string): Promise<Project> {
  const { Projects } = await api.describeApplicationProjects({ Filters: [{ Name: 'ProjectId', Values: [id] }] });
  const [project] = Projects ?? [];
  if (project !== undefined) return project;
  throw new AppError('FailedOperation', `There is no project ${id}. "cloudstage project list" shows them.`);
}

/** Shows one project with its advanced settings. */
export async function runProjectShow(context: CommandContext, id: string, options: ApiOptions): Promise<void> {
  const api = await connectApi(context, options);
  const project = await findProject(api, id);
  const { RequestId: _id, ...advanced } = await api.describeApplicationProjectAdvancedConfig({ ProjectId: id });
  const text = renderFields([
    ['Id', project.ProjectId],
    ['Name', project.Name],
    ['Description', project.Description || null],
    ['Type', project.Type],
    ['Kind', project.ProjectType],
    ['Application', `${project.ApplicationId || '-'} ${project.ApplicationName ?? ''}`.trim()],
    ['State', project.ApplicationStatus],
    ['Concurrencies', `${project.Using ?? 0} of ${project.Amount ?? 0} in use`],
    ['Regions', project.ConcurrentRegions?.join(', ') || null],
    ['Resolution', advanced.Resolution || null],
    ['Frames/s', advanced.FPS],
    ['Mbit/s', `${advanced.MinBitrate ?? 0} to ${advanced.MaxBitrate ?? 0}`],
    ['Arguments', advanced.ApplicationParams || null],
    ['Reconnect', advanced.ReconnectTimeout],
    ['Prelaunch', project.IsPreload === true ? `on, ${advanced.PreloadDuration ?? ''}` : 'off'],
    ['Disabled codecs', advanced.DisableVideoCodecs?.join(', ') || null],
    ['Background image', advanced.BackgroundImage?.COSFileId ?? null],
    ['Created', project.CreateTime],
  ]);
  print(context, options, { ...project, ...advanced }, text);
}

/** Deletes projects. */
export async function runProjectDelete(
  context: CommandContext,
  ids: readonly string[],
  options: ApiOptions & ConfirmOptions,
): Promise<void> {
  await confirm(context, options, `Delete ${ids.join(', ')}`);
  const api = await connectApi(context, options);
  const answer = await api.deleteApplicationProjects({ ProjectIds: [...ids] });
  print(context, options, answer, 'Deleted.');
}
