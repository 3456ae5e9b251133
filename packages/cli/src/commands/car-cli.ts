import { applicationTypes } from '@cloudstage/cloud-api';
import type { Command } from 'commander';
import { addCommand } from './command.js';
import { type ApiOptions, type CommandContext, connectApi, print } from './context.js';
import { parseChoice, parseList } from './options.js';
import { runUploadVersionFile } from './upload-version.js';

interface CreateApplicationOptions extends ApiOptions {
  readonly name: string;
  readonly type: string;
}

async function runCreateApplication(context: CommandContext, options: CreateApplicationOptions): Promise<void> {
  const request = {
    ApplicationName: options.name,
    ApplicationType: parseChoice('--type', options.type, applicationTypes),
  };
  const api = await connectApi(context, options);
  const answer = await api.createApplication(request);
  const next = `cloudstage create-application-version --app-id ${answer.ApplicationId} --name <file name> --type zip`;
  print(context, options, answer, `Made "${options.name}": ${answer.ApplicationId}\nNext: ${next}`);
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

/** The verbs of the vendor's CAR-CLI, under their own names. */
export function addCarCliCommands(program: Command, context: CommandContext): void {
  addCommand(program, {
    usage: 'create-application',
    description: 'make an application, into which versions are uploaded',
    target: 'api',
    examples: ['create-application --name my-game'],
  })
    .requiredOption('--name <name>', 'name, unique in the account')
    .option('--type <type>', 'Application3D, ApplicationXR, ApplicationWeb or ApplicationAPK', 'Application3D')
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
}
