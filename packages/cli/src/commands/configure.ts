import { type CloudApiClient, createCloudApiClient } from '@cloudstage/cloud-api';
import { AppError } from '@cloudstage/protocol';
import { cliConfigPath, readCliConfig, writeCliConfig } from '../cloud/cli-config.js';
import { limits } from '../limits.js';
import { ask } from './confirm.js';
import { type CommandContext, type OutputOptions, print } from './context.js';

/** Options of `cloudstage configure`. */
export interface ConfigureCliOptions extends OutputOptions {
  readonly endpoint?: string;
  readonly secretId?: string;
  /** `false` after `--no-check`. */
  readonly check: boolean;
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  let text = '';
  for await (const part of stream.setEncoding('utf8')) {
    text += String(part);
    if (text.length > limits.secretChars) break;
  }
  return text.trim();
}

async function askFor(context: CommandContext, what: string, present: string | undefined, hidden = false) {
  const shown = present === undefined ? '' : hidden ? ' [unchanged]' : ` [${present}]`;
  const answer = await ask(context, `${what}${shown}: `, hidden);
  return answer === '' ? present : answer;
}

async function checkKey(api: CloudApiClient): Promise<void> {
  try {
    await api.describeConcurrentCount({});
  } catch (error) {
    // The key works; it just may not do this.
    if (error instanceof AppError && error.code === 'AuthFailure.UnauthorizedOperation') return;
    throw error;
  }
}

/**
 * Writes the command's own file: endpoint and key, asked on a terminal, otherwise from options, `CLOUDSTAGE_CLI_SECRET_KEY`
 * or standard input. The key is tried first.
 */
export async function runConfigure(context: CommandContext, options: ConfigureCliOptions): Promise<void> {
  const path = cliConfigPath(context);
  const present = readCliConfig(path);
  let { endpoint = present.endpoint, secretId = present.secretId } = options;
  let secretKey = context.environment.CLOUDSTAGE_CLI_SECRET_KEY || undefined;
  if (context.stdin.isTTY === true) {
    endpoint = options.endpoint ?? (await askFor(context, 'URL of the cloud API', endpoint ?? 'http://127.0.0.1:8080'));
    secretId = options.secretId ?? (await askFor(context, 'SecretId', secretId));
    secretKey ??= await askFor(context, 'SecretKey (not shown)', present.secretKey, true);
  } else secretKey ??= (await readAll(context.stdin)) || undefined;
  if (endpoint === undefined || secretId === undefined || secretKey === undefined) {
    throw new AppError(
      'option-invalid',
      'Needed: --endpoint, --secret-id, and the secret on standard input or in CLOUDSTAGE_CLI_SECRET_KEY.',
    );
  }
  if (!/^https?:\/\/[^/]/.test(endpoint)) {
    throw new AppError('option-invalid', `--endpoint: expected http://… or https://…, not "${endpoint}"`);
  }
  if (options.check) await checkKey(createCloudApiClient({ endpoint, secretId, secretKey }));
  writeCliConfig(path, { endpoint, secretId, secretKey });
  print(context, options, { path, endpoint, secretId }, `Written: ${path}`);
}
