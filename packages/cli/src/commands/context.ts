import { type CloudApiClient, createCloudApiClient } from '@cloudstage/cloud-api';
import { createAdminClient } from '../admin/client.js';
import type { AdminClient } from '../admin/contract.js';
import type { CliSurroundings } from '../cloud/cli-config.js';
import { type CloudOptions, findCredentials, type LocalInstance } from '../cloud/credentials.js';
import { toAnswer } from '../output/answer.js';
import type { ConsoleStream } from '../up/console.js';

/** What a command works with besides its options. */
export interface CommandContext extends CliSurroundings {
  readonly stdout: ConsoleStream;
  /** Progress and questions; answers go to `stdout`. */
  readonly stderr: ConsoleStream;
  readonly stdin: NodeJS.ReadStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  setExitCode(code: number): void;
}

/** Options of every command with an answer. */
export interface OutputOptions {
  readonly json?: boolean;
}

/** Options of commands to the instance on this machine. */
export interface InstanceOptions extends OutputOptions {
  readonly config?: string;
}

/** Options of commands over the cloud API. */
export interface ApiOptions extends CloudOptions, OutputOptions {}

// Only who needs the configuration waits for its schema to load.
async function loadLocal(context: CommandContext, file: string | undefined) {
  const [{ loadConfig }, { localUrl }] = await Promise.all([import('../config/load.js'), import('../config/parts.js')]);
  const { config } = loadConfig({ file, environment: context.environment, workingDir: context.workingDir });
  return { dataDir: config.dataDir, endpoint: localUrl(config.api.listenAddress, config.api.port) };
}

/** Connects to the instance on this machine. @throws AppError `config-invalid` */
export async function connectInstance(context: CommandContext, options: InstanceOptions): Promise<AdminClient> {
  return createAdminClient((await loadLocal(context, options.config)).dataDir);
}

/** The cloud API with the key that options, environment, file or instance give, and where it is. */
export async function connectApiWith(
  context: CommandContext,
  options: ApiOptions,
): Promise<{ readonly api: CloudApiClient; readonly endpoint: string }> {
  const local = (): Promise<LocalInstance> => loadLocal(context, options.config);
  const credentials = await findCredentials(options, context, local);
  return { api: createCloudApiClient(credentials), endpoint: credentials.endpoint };
}

/** {@link connectApiWith} for those who need not know where it is. */
export async function connectApi(context: CommandContext, options: ApiOptions): Promise<CloudApiClient> {
  return (await connectApiWith(context, options)).api;
}

/** Writes an answer: JSON with `--json`, the text otherwise. */
export function print(context: CommandContext, options: OutputOptions, value: unknown, text: string): void {
  context.stdout.write(options.json === true ? `${JSON.stringify(toAnswer(value))}\n` : `${text}\n`);
}
