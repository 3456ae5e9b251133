import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { apiVersion, serviceName } from '../actions/action.js';
import {
  type ActionRequest,
  type ActionResponse,
  type AnyActionName,
  allActionNames,
  allActions,
} from '../actions/action-table.js';
import type { Language } from '../errors/language.js';
import { cloudApiLimits } from '../limits.js';
import { signTc3 } from '../signature/tc3-sign.js';

/** Options of {@link createCloudApiClient}. */
export interface CloudApiClientOptions {
  /** URL of the API with scheme, e.g. `http://127.0.0.1:8080`. A path is kept. */
  readonly endpoint: string;
  readonly secretId: string;
  readonly secretKey: string;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Deadline of one call, milliseconds. Default 25 s: a little more than the slowest action may take. */
  readonly timeoutMs?: number;
  /** Language of error messages; default `en-US`. */
  readonly language?: Language;
  /** Clock in Unix milliseconds. */
  readonly now?: () => number;
}

/** What every reply carries besides the action's own fields. */
export interface WithRequestId {
  readonly RequestId: string;
}

/** One method an action (`applyConcurrent`, …), and `call` for a name known only at run time. */
export type CloudApiClient = {
  readonly [N in AnyActionName as Uncapitalize<N>]: (
    request: ActionRequest<N>,
  ) => Promise<ActionResponse<N> & WithRequestId>;
} & {
  /**
   * Calls an action by its public name.
   * @throws AppError with the public code of the API and `details.requestId`; or `cloud-api-unreachable`,
   * `deadline-exceeded`, `cloud-api-reply-invalid` when no reply of the API arrived.
   */
  call<N extends AnyActionName>(action: N, request: ActionRequest<N>): Promise<ActionResponse<N> & WithRequestId>;
};

const ReplySchema = Type.Object({
  Response: Type.Object({
    RequestId: Type.String(),
    Error: Type.Optional(Type.Object({ Code: Type.String(), Message: Type.String() })),
  }),
});

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > cloudApiLimits.responseBytes) {
      throw new AppError('cloud-api-reply-invalid', `the reply is larger than ${cloudApiLimits.responseBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseReply<N extends AnyActionName>(
  action: N,
  text: string,
  status: number,
): ActionResponse<N> & WithRequestId {
  const invalid = (what: string, cause?: unknown) =>
    new AppError('cloud-api-reply-invalid', `${action}: ${what} (HTTP status ${status}); is this the cloud API?`, {
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('the reply is not JSON', cause);
  }
  if (!Value.Check(ReplySchema, value)) throw invalid('the reply has no Response with a RequestId');
  const { Error: failure, ...fields } = value.Response;
  if (failure !== undefined) {
    throw new AppError(failure.Code, failure.Message, { details: { action, requestId: fields.RequestId } });
  }
  if (!Value.Check(allActions[action].response, fields)) throw invalid('the reply lacks fields of the action');
  return fields as ActionResponse<N> & WithRequestId;
}

/** Client of the cloud API, signing with TC3-HMAC-SHA256. Keeps no connection and no state: nothing to close. */
export function createCloudApiClient(options: CloudApiClientOptions): CloudApiClient {
  const url = new URL(options.endpoint);
  const { timeoutMs = 25_000, language = 'en-US', now = Date.now } = options;
  const send = options.fetch ?? fetch;

  async function call<N extends AnyActionName>(action: N, request: ActionRequest<N>) {
    const body = JSON.stringify(request);
    const timestampSeconds = Math.floor(now() / 1000);
    const { secretId, secretKey } = options;
    const contentType = 'application/json';
    const target = { method: 'POST', path: url.pathname, query: '', host: url.host, contentType, body };
    const headers = {
      'Content-Type': contentType,
      Authorization: signTc3({ ...target, timestampSeconds, service: serviceName, secretId, secretKey }),
      'X-TC-Action': action,
      'X-TC-Version': apiVersion,
      'X-TC-Timestamp': String(timestampSeconds),
      'X-TC-Language': language,
    };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(url, { method: 'POST', headers, body, signal });
      return parseReply(action, await readBounded(response), response.status);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      if (signal.aborted) {
        throw new AppError('deadline-exceeded', `${action} got no reply within ${timeoutMs} ms`, { cause });
      }
      throw new AppError('cloud-api-unreachable', `${action}: no connection to ${url.origin}`, { cause });
    }
  }

  const methods = allActionNames.map((name) => [
    `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    (request: ActionRequest<typeof name>) => call(name, request),
  ]);
  return { ...Object.fromEntries(methods), call } as CloudApiClient;
}
