import { applicationTypes } from '@cloudstage/cloud-api';
import type { Command } from 'commander';
import { runAppDelete, runAppPublish, type VersionOptions } from './app-versions.js';
import { addCommand } from './command.js';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';
import { parseChoice, parseList } from './options.js';
import { runUploadVersionFile } from './upload-version.js';

interface CreateApplicationOptions extends ApiOptions {
  readonly name: string;
  readonly type?: string;
  /** The vendor's newer spelling. */
  readonly appType?: string;
}

async function runCreateApplication(context: CommandContext, options: CreateApplicationOptions): Promise<void> {
  const request = {
    ApplicationName: options.name,
    ApplicationType: parseChoice('--app-type', options.appType ?? options.type ?? 'Application3D', applicationTypes),
  };
  const api = await connectApi(context, options);
  const answer = await api.createApplication(request);
  const next = `cloudstage create-application-version --app-id ${answer.ApplicationId} --name <file name> --type zip`;
  print(context, options, answer, `Made "${options.name}": ${answer.ApplicationId}\nNext: ${next}`);
}

/** Options of the verbs about one version. */
interface VersionVerbOptions extends VersionOptions {
  readonly appId: string;
}

interface CreateVersionOptions extends ApiOptions {
  readonly appId: string;
  readonly name: string;
  readonly type?: string;
  readonly updateMode: string;
  readonly regions?: string;
}

/** The file name of a package: the name, with the ending of the type when it has not that already. PURE. */
export function packageFileName(name: string, type: string | undefined): string {
  if (type === undefined) return name;
  const ending = `.${type.replace(/^\./, '')}`;
  return name.toLowerCase().endsWith(ending.toLowerCase()) ? name : `${name}${ending}`;
}

async function runCreateVersion(context: CommandContext, options: CreateVersionOptions): Promise<void> {
  const request = {
    ApplicationId: options.appId,
    ApplicationFileName: packageFileName(options.name, options.type),
    ApplicationVersionUpdateMode: parseChoice('--update-mode', options.updateMode, ['FULL', 'INCREMENT']),
    ...(options.regions === undefined ? {} : { ApplicationVersionRegions: parseList(options.regions) }),
  };
  const api = await connectApi(context, options);
  const answer = await api.createApplicationVersion(request);
  const { ApplicationVersionId: id } = answer.Version;
  const next = `cloudstage upload-application-version-file --app-id ${options.appId} --version-id ${id} --path <file>`;
  print(context, options, answer, `Made version ${id}\nNext: ${next}`);
}

async function runDescribeVersions(context: CommandContext, options: VersionVerbOptions): Promise<void> {
  const api = await connectApi(context, options);
  const { Versions } = await api.describeApplicationVersion({ ApplicationId: options.appId });
  const oldestFirst = [...Versions].sort((a, b) => (a.CreateTime < b.CreateTime ? -1 : 1));
  const lines = oldestFirst.map(
    (version) =>
      `${version.ApplicationVersionId} ${version.ApplicationVersionStatus} ${version.ApplicationVersionName ?? ''}`,
  );
  print(context, options, oldestFirst, lines.join('\n'));
}

/** The verbs of the vendor's CAR-CLI, under their own names. */
export function addCarCliCommands(program: Command, context: CommandContext): void {
  addCommand(program, {
    usage: 'create-application',
    description: 'make an application, into which versions are uploaded',
    target: 'api',
    examples: ['create-application --name my-game'],
  })
    .requiredOption('--name <name>', 'name, unique in the account')
    .option('--app-type <type>', 'Application3D, ApplicationXR, ApplicationWeb or ApplicationAPK', 'Application3D')
    .option('--type <type>', 'the same, as former releases of the tool spell it')
    .action((options) => runCreateApplication(context, options));
  addCommand(program, {
    usage: 'create-application-version',
    description: 'make a version, into which a package is uploaded',
    target: 'api',
    examples: [
      'create-application-version --app-id app-x1y2z3a4 --name my-game.zip',
      'create-application-version --app-id app-x1y2z3a4 --name my-game --type 7z --update-mode INCREMENT --regions ap-tokyo,eu-frankfurt',
    ],
  })
    .requiredOption('--app-id <id>', 'application')
    .requiredOption('--name <file name>', 'name of the package file')
    .option('--type <type>', 'its type when the name has no ending: zip, rar, 7z, tar.gz, tar.zst')
    .option('--update-mode <mode>', 'FULL: the package is everything; INCREMENT: it adds to the version online', 'FULL')
    .option('--regions <a,b>', 'regions it is distributed to (default: all)')
    .action((options) => runCreateVersion(context, options));
  addCommand(program, {
    usage: 'upload-application-version-file',
    description: 'upload the package of a version, or have it fetched, and wait until the version is made; resumes',
    target: 'api',
    examples: [
      'upload-application-version-file --app-id app-x1y2z3a4 --version-id ver-b5c6d7e8 --path ./my-game.zip',
      'upload-application-version-file --app-id app-x1y2z3a4 --url https://files.example/my-game.zip --no-wait',
    ],
  })
    .requiredOption('--app-id <id>', 'application')
    .option('--version-id <id>', 'version (default: the one that waits for its package)')
    .option('--path <file>', 'package on this machine')
    .option('--url <url>', 'where the server fetches the package')
    .option('--no-wait', 'do not wait until the version is made')
    .action((options) => runUploadVersionFile(context, options));
  addVersionCommands(program, context);
}

function addVersionCommands(program: Command, context: CommandContext): void {
  const add = (usage: string, description: string, example: string): Command =>
    addCommand(program, { usage, description, target: 'api', examples: [example] }).requiredOption(
      '--app-id <id>',
      'application',
    );
  add(
    'describe-application-version',
    'list versions for scripts: id, state and name in a line, the oldest first (for people: app versions)',
    "describe-application-version --app-id app-x1y2z3a4 | grep -v Inuse | awk '{print $1}' | head -n 1",
  ).action((options: VersionVerbOptions) => runDescribeVersions(context, options));
  add(
    'set-version-online',
    'put a version online; the same as app publish',
    'set-version-online --app-id app-x1y2z3a4 --version-id ver-b5c6d7e8',
  )
    .requiredOption('--version-id <id>', 'version')
    .action((options: VersionVerbOptions) => runAppPublish(context, options.appId, options));
  add(
    'delete-application-version',
    'delete a version; it is gone when the list no longer shows it',
    'delete-application-version --app-id app-x1y2z3a4 --version-id ver-b5c6d7e8',
  )
    .requiredOption('--version-id <id>', 'version')
    // The vendor's tool does not ask, and scripts rely on it.
    .action((options: VersionVerbOptions) => runAppDelete(context, options.appId, { ...options, yes: true }));
}
