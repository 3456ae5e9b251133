import { isAppError } from '@cloudstage/protocol';

/** What to do about codes of the cloud API whose own text does not say it in terms of this command. */
const advice: Readonly<Record<string, string>> = {
  'AuthFailure.SecretIdNotFound':
    'The key does not exist or is disabled. "cloudstage keys list" shows the keys; "cloudstage configure" sets another.',
  'AuthFailure.SignatureFailure': 'The secret does not belong to the key. Run "cloudstage configure" again.',
  'AuthFailure.SignatureExpire': 'The clock of this machine is wrong by more than five minutes; set it.',
  'AuthFailure.UnauthorizedOperation': 'The key may not do this. Use another, or make one: "cloudstage keys create".',
  'FailedOperation.ApplicationNotFind': '"cloudstage app list" shows the applications.',
  'OperationDenied.VersionCreating':
    'Another version is being made. Wait for it, or delete it: "cloudstage app versions <app-id>".',
  'OperationDenied.VersionLimitExceeded':
    'Delete a version first: "cloudstage app versions <app-id>", then "cloudstage app delete <app-id> --version-id <id>".',
  'OperationDenied.ApplicationLimitExceeded': 'Delete an application first: "cloudstage app delete <app-id>".',
  'session-not-found':
    '"cloudstage sessions list" shows those that live, "cloudstage sessions history" those that have ended.',
  'node-not-found': '"cloudstage nodes list" shows the nodes.',
  'image-not-found': '"cloudstage images list" shows the background images.',
  'image-in-use': 'Take it from the projects first: "cloudstage project update <project-id> --background-image none".',
  'image-unreadable': 'The instance reads the file itself: put it where its user may read it.',
  'account-not-found': '"cloudstage accounts list" shows the accounts.',
  'too-many-totals': 'Ask for a shorter time with --from and --to, or for one project.',
  RequestLimitExceeded: 'Too many requests a second; try again.',
  InvalidAction: 'The server is of another version than this command.',
  'cloud-api-unreachable':
    'Is the endpoint right and the instance running? "cloudstage configure" sets the endpoint; --endpoint overrides it.',
};

/** A failure as the user sees it. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  /** What to do, when the message does not say it. */
  readonly advice: string | null;
  /** Id of the request, for the log of the server. */
  readonly requestId: string | null;
}

/** What is told of something a command threw; the stack of a bug is part of its message. PURE. */
export function describeError(error: unknown): ShownError {
  if (!isAppError(error)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code: 'internal', message, advice: null, requestId: null };
  }
  const { requestId } = error.details;
  return {
    code: error.code,
    message: error.message,
    advice: advice[error.code] ?? null,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}

/** Text for people, or with `json` one line with code, message, advice and request id. PURE. */
export function renderError(error: unknown, json: boolean): string {
  const { code, message, advice: what, requestId } = describeError(error);
  if (json) {
    return JSON.stringify({ Error: { Code: code, Message: message, Advice: what, RequestId: requestId } });
  }
  // Codes of the public API are worth a search in its documentation; ours say nothing more than the message.
  const shownCode = requestId === null ? '' : ` (${code}, request ${requestId})`;
  return [`${message}${shownCode}`, ...(what === null ? [] : [what])].join('\n');
}
