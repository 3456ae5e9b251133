import type { ActionRequest, ActionResponse, CloudApiClient } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import { renderFields, renderTable } from '../output/table.js';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';
import { parseList } from './options.js';
import { eachPage } from './pages.js';

type Application = ActionResponse<'DescribeApplicationList'>['UserApplicationList'][number];

/** The application of an id. @throws AppError `FailedOperation.ApplicationNotFind` */
export async function findApplication(api: CloudApiClient, applicationId: string): Promise<Application> {
  const { UserApplicationList } = await api.describeApplicationList({
    Offset: 0,
    Limit: 1,
    Filters: [{ Name: 'ApplicationId', Values: [applicationId] }],
  });
  const [application] = UserApplicationList;
  if (application !== undefined) return application;
  throw new AppError('FailedOperation.ApplicationNotFind', `There is no application ${applicationId}.`);
}

/** Lists applications. */
export async function runAppList(context: CommandContext, options: ApiOptions): Promise<void> {
  const api = await connectApi(context, options);
  const all = await eachPage(async (page) => {
    const answer = await api.describeApplicationList(page);
    // One page holds both kinds; mobile ones lack what only desktop programs have.
    const rows = [...answer.UserApplicationList, ...answer.UserMobileApplicationList];
    return { rows, total: answer.ApplicationTotal };
  });
  const text = renderTable(
    all,
    [
      ['ID', (row) => row.ApplicationId],
      ['NAME', (row) => row.ApplicationName],
      ['TYPE', (row) => row.ApplicationType],
      ['STATE', (row) => row.ApplicationRunStatus],
      ['UPDATE', (row) => row.ApplicationUpdateStatus],
      ['VERSIONS', (row) => row.ApplicationVersions.length],
    ],
    'No applications. "cloudstage create-application --name <name>" makes one.',
  );
  print(context, options, all, text);
}

/** Shows one application. */
export async function runAppShow(context: CommandContext, id: string, options: ApiOptions): Promise<void> {
  const row = await findApplication(await connectApi(context, options), id);
  const { ApplicationBaseInfo: base } = row;
  const window = [base.WindowName, base.WindowClassName]
    .filter((text) => text !== undefined && text !== '')
    .join(' / ');
  const text = renderFields([
    ['Id', row.ApplicationId],
    ['Name', row.ApplicationName],
    ['Type', row.ApplicationType],
    ['State', row.ApplicationRunStatus],
    ['Update', `${row.ApplicationUpdateStatus} (${row.ApplicationUpdateProgress} %)`],
    ['Program', row.ApplicationExePath || '- (set it: cloudstage app configure)'],
    ['Arguments', row.ApplicationParams || null],
    ['Processes', row.ApplicationInterList || null],
    ['Picture', base.WindowUseType === 'ApplicationWindow' ? `window ${window}` : 'desktop'],
    ['Created', row.ApplicationCreateTime],
    ...row.ApplicationVersions.map(
      (version) =>
        ['Version', `${version.ApplicationVersionId} ${version.ApplicationVersionStatus}`] satisfies [string, string],
    ),
  ]);
  print(context, options, row, text);
}

/** Options of `app paths`. */
export interface PathsOptions extends ApiOptions {
  readonly versionId?: string;
}

/** Lists the programs in a package. */
export async function runAppPaths(context: CommandContext, id: string, options: PathsOptions): Promise<void> {
  const api = await connectApi(context, options);
  const answer = await api.describeApplicationPathList({
    ApplicationId: id,
    ...(options.versionId === undefined ? {} : { ApplicationVersionId: options.versionId }),
  });
  const paths = answer.PathList ?? [];
  print(context, options, answer, paths.length === 0 ? 'The package holds no program.' : paths.join('\n'));
}

/** Options of `app configure`. */
export interface ConfigureOptions extends ApiOptions {
  readonly exe?: string;
  readonly args?: string;
  readonly processes?: string;
  readonly name?: string;
  readonly windowName?: string;
  readonly windowClass?: string;
  readonly desktop?: boolean;
}

type BaseInfo = ActionRequest<'ModifyApplicationBaseInfo'>['ApplicationBaseInfo'];

/** The capture settings that options make of the present ones. PURE. */
export function nextBaseInfo(present: BaseInfo, options: ConfigureOptions): BaseInfo {
  const { windowName, windowClass, desktop } = options;
  if (desktop === true) return { WindowUseType: 'ApplicationDesktop' };
  if (windowName === undefined && windowClass === undefined) return present;
  return {
    WindowUseType: 'ApplicationWindow',
    ...(windowName === undefined ? {} : { WindowName: windowName }),
    ...(windowClass === undefined ? {} : { WindowClassName: windowClass }),
  };
}

/** Sets program, arguments, capture. The action wants them all, so the present values fill the gaps. */
export async function runAppConfigure(context: CommandContext, id: string, options: ConfigureOptions): Promise<void> {
  const api = await connectApi(context, options);
  const present = await findApplication(api, id);
  const exePath = options.exe ?? present.ApplicationExePath;
  if (exePath === '') {
    throw new AppError(
      'option-invalid',
      `--exe is needed: no program is set. "cloudstage app paths ${id}" lists them.`,
    );
  }
  const processes = options.processes === undefined ? null : parseList(options.processes).join('|');
  const answer = await api.modifyApplicationBaseInfo({
    ApplicationId: id,
    ApplicationExePath: exePath,
    ApplicationInterList: processes ?? present.ApplicationInterList,
    ApplicationBaseInfo: nextBaseInfo(present.ApplicationBaseInfo, options),
    ...(options.args === undefined ? {} : { ApplicationParams: options.args }),
    ...(options.name === undefined ? {} : { ApplicationName: options.name }),
  });
  print(context, options, answer, `Set. "cloudstage app show ${id}" shows it.`);
}
