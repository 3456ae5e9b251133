import {
  type Decoded,
  invalidParameterValue,
  missingParameter,
  type PublicError,
  parseFormParameters,
  parseTc3Authorization,
  parseV1SignatureMethod,
  publicError,
  type SignedHttpRequest,
  verifyTc3,
  verifyV1,
} from '@cloudstage/cloud-api';

/** Where the parameters of the action are, not decoded yet: authentication comes first. */
export type RawParameters =
  | { readonly type: 'json'; readonly body: Uint8Array }
  | { readonly type: 'flat'; readonly parameters: ReadonlyMap<string, string> }
  /** A body format that no action takes. */
  | { readonly type: 'unsupported'; readonly contentType: string };

/** Who the caller claims to be, and how to check it. */
export interface Credentials {
  readonly secretId: string;
  /** Unix seconds, as sent. */
  readonly timestamp: string;
  /** Date in the credential scope of TC3; null for version 1, which has none. */
  readonly scopeDate: string | null;
  /** Token of temporary credentials; `''` when there is none. */
  readonly token: string;
  /** Whether the signature was made with this key. */
  verify(secretKey: string, publicHosts: readonly string[]): boolean;
}

/** A request taken apart, of either signature version. */
export interface ApiCall {
  readonly credentials: Credentials;
  readonly action: string;
  readonly version: string;
  readonly parameters: RawParameters;
  /** Names in error messages: `X-TC-Action` or `Action`. */
  readonly commonPrefix: 'X-TC-' | '';
}

/** Parameters of version 1 that belong to every action and are no parameters of it. */
const commonParameters: ReadonlySet<string> = new Set([
  'Action',
  'Version',
  'Region',
  'Timestamp',
  'Nonce',
  'SecretId',
  'Signature',
  'SignatureMethod',
  'Token',
  'Language',
  'RequestClient',
]);

/** The international Node.js SDK sends the texts `null` and `undefined` for what it does not have. */
function textOrNothing(text: string | undefined): string {
  return text === undefined || text === 'null' || text === 'undefined' ? '' : text.trim();
}

function refused(error: PublicError): { readonly type: 'refused'; readonly error: PublicError } {
  return { type: 'refused', error };
}

/** Media type without its parameters, lower case. */
export function mediaTypeOf(headers: SignedHttpRequest['headers']): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Body format of version 1. */
export const formMediaType = 'application/x-www-form-urlencoded';

function tc3Parameters(request: SignedHttpRequest): Decoded<RawParameters> {
  if (request.method === 'GET') {
    const query = parseFormParameters(request.rawQuery);
    return query.type === 'refused' ? query : { type: 'decoded', value: { type: 'flat', parameters: query.value } };
  }
  const contentType = mediaTypeOf(request.headers);
  if (contentType === formMediaType || contentType === 'multipart/form-data') {
    return { type: 'decoded', value: { type: 'unsupported', contentType } };
  }
  return { type: 'decoded', value: { type: 'json', body: request.body } };
}

function parseTc3Call(request: SignedHttpRequest, header: string): Decoded<ApiCall> {
  const authorization = parseTc3Authorization(header);
  if (authorization === null) return refused(publicError('AuthFailure.InvalidAuthorization'));
  const timestamp = textOrNothing(request.headers['x-tc-timestamp']);
  if (timestamp === '') return refused(missingParameter('X-TC-Timestamp'));
  const parameters = tc3Parameters(request);
  if (parameters.type === 'refused') return parameters;
  return {
    type: 'decoded',
    value: {
      credentials: {
        secretId: authorization.secretId,
        timestamp,
        scopeDate: authorization.date,
        token: textOrNothing(request.headers['x-tc-token']),
        verify: (secretKey, publicHosts) => verifyTc3(request, authorization, timestamp, secretKey, publicHosts),
      },
      action: textOrNothing(request.headers['x-tc-action']),
      version: textOrNothing(request.headers['x-tc-version']),
      parameters: parameters.value,
      commonPrefix: 'X-TC-',
    },
  };
}

function parseV1Call(request: SignedHttpRequest, sent: ReadonlyMap<string, string>): Decoded<ApiCall> {
  for (const name of ['SecretId', 'Signature', 'Timestamp']) {
    if ((sent.get(name) ?? '') === '') return refused(missingParameter(name));
  }
  const method = parseV1SignatureMethod(sent.get('SignatureMethod'));
  if (method === null) {
    return refused(
      invalidParameterValue('SignatureMethod', {
        'en-US': 'must be HmacSHA1 or HmacSHA256.',
        'zh-CN': '的取值应为 HmacSHA1 或 HmacSHA256。',
      }),
    );
  }
  return {
    type: 'decoded',
    value: {
      credentials: {
        secretId: sent.get('SecretId') ?? '',
        timestamp: sent.get('Timestamp') ?? '',
        scopeDate: null,
        token: textOrNothing(sent.get('Token')),
        verify: (secretKey, publicHosts) => verifyV1(request, sent, method, secretKey, publicHosts),
      },
      action: sent.get('Action') ?? '',
      version: sent.get('Version') ?? '',
      parameters: {
        type: 'flat',
        parameters: new Map([...sent].filter(([name]) => !commonParameters.has(name))),
      },
      commonPrefix: '',
    },
  };
}

/**
 * Takes a request apart: version 3 when it has an Authorization header, else version 1 from the query of a GET or the
 * form of a POST. Nothing is trusted yet.
 */
export function parseApiCall(request: SignedHttpRequest): Decoded<ApiCall> {
  const authorization = request.headers.authorization ?? '';
  if (authorization !== '') return parseTc3Call(request, authorization);
  if (Object.keys(request.headers).some((name) => name === 'x-tc-action' || name === 'x-tc-timestamp')) {
    return refused(publicError('AuthFailure.InvalidAuthorization'));
  }
  const isForm = request.method === 'POST' && mediaTypeOf(request.headers) === formMediaType;
  const text = isForm ? Buffer.from(request.body).toString('utf8') : request.rawQuery;
  const sent = parseFormParameters(request.method === 'GET' || isForm ? text : '');
  if (sent.type === 'refused') return sent;
  if (!sent.value.has('Action') && !sent.value.has('SecretId')) return refused(missingParameter('Action'));
  return parseV1Call(request, sent.value);
}

/** Language wished for, looked up without trusting or fully parsing the request, because also refusals are localized. */
export function requestedLanguage(request: SignedHttpRequest): string | undefined {
  const header = request.headers['x-tc-language'];
  if (header !== undefined) return header;
  const isForm = mediaTypeOf(request.headers) === formMediaType && request.method === 'POST';
  const text = isForm ? Buffer.from(request.body).toString('latin1') : request.rawQuery;
  return /(?:^|&)Language=([A-Za-z-]{1,16})(?:&|$)/.exec(text)?.[1];
}
