import { renderFields, renderTable } from '../output/table.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';
import { eachPage } from './pages.js';

/** Options that name a project. */
export interface ProjectOptions extends ApiOptions {
  readonly projectId?: string;
}

/** Lists packages. */
export async function runPackageList(context: CommandContext, options: ProjectOptions): Promise<void> {
  const api = await connectApi(context, options);
  const { projectId } = options;
  const filters = projectId === undefined ? {} : { Filters: [{ Name: 'ProjectId', Values: [projectId] }] };
  const all = await eachPage(async (page) => {
    const { ConcurrentPackages, Total } = await api.describeConcurrentPackages({ ...page, ...filters });
    return { rows: ConcurrentPackages ?? [], total: Total ?? 0 };
  });
  const text = renderTable(
    all,
    [
      ['ID', (row) => row.ConcurrentId],
      ['NAME', (row) => row.Name],
      ['TYPE', (row) => row.Type],
      ['REGION', (row) => row.Region],
      ['AMOUNT', (row) => row.Amount],
      ['AVAILABLE', (row) => row.Available],
      ['USING', (row) => row.Using],
      ['STATE', (row) => row.Status],
      ['PROJECT', (row) => row.ProjectId],
      ['EXPIRES', (row) => row.ExpireTime ?? 'never'],
    ],
    'No packages. The operator grants them: "cloudstage package grant".',
  );
  print(context, options, all, text);
}

/** Totals of the account. */
export async function runPackageSummary(context: CommandContext, options: ApiOptions): Promise<void> {
  const answer = await (await connectApi(context, options)).describeConcurrentSummary({});
  const text = renderFields([
    ['Concurrencies', answer.PrepaidConcurrentTotal],
    ['Hourly time left', answer.HourlyRemainDuration],
  ]);
  print(context, options, answer, text);
}

/** Gives packages to a project. */
export async function runPackageBind(
  context: CommandContext,
  ids: readonly string[],
  options: ProjectOptions,
): Promise<void> {
  const projectId = options.projectId ?? '';
  const api = await connectApi(context, options);
  const answer = await api.bindConcurrentPackagesToProject({ ConcurrentIds: [...ids], ProjectId: projectId });
  print(context, options, answer, `Bound to ${projectId}: ${ids.join(', ')}`);
}

/** Takes packages from their project. */
export async function runPackageUnbind(
  context: CommandContext,
  ids: readonly string[],
  options: ProjectOptions,
): Promise<void> {
  const api = await connectApi(context, options);
  const answer = await api.unbindConcurrentPackagesFromProject({
    ConcurrentIds: [...ids],
    ...(options.projectId === undefined ? {} : { ProjectId: options.projectId }),
  });
  print(context, options, answer, `Unbound: ${ids.join(', ')}`);
}

/** Renames a package. */
export async function runPackageRename(
  context: CommandContext,
  id: string,
  options: ApiOptions & { readonly name: string },
): Promise<void> {
  const api = await connectApi(context, options);
  const answer = await api.modifyConcurrentPackage({ ConcurrentId: id, Name: options.name });
  print(context, options, answer, `Renamed ${id} to "${options.name}".`);
}

/** Disconnects every user of packages. */
export async function runPackageReset(
  context: CommandContext,
  ids: readonly string[],
  options: ApiOptions & ConfirmOptions,
): Promise<void> {
  await confirm(context, options, `Disconnect every user of ${ids.join(', ')}`);
  const api = await connectApi(context, options);
  const answer = await api.resetConcurrentPackages({ ConcurrentPackageIds: [...ids] });
  print(context, options, answer, `Reset: ${ids.join(', ')}`);
}
