/** Codes of the demo backend; the same as in the vendor's. */
export const answers = {
  ok: { Code: 0, Msg: 'Ok' },
  invalidSign: { Code: 10000, Msg: 'invalid signature' },
  missingParameter: { Code: 10001, Msg: 'miss or invalid parametors' },
  queueing: { Code: 10100, Msg: 'queuing' },
  queueDone: { Code: 10101, Msg: 'queue done' },
  createFailed: { Code: 10200, Msg: 'create session failed' },
  stopFailed: { Code: 10201, Msg: 'stop project failed' },
  reserveFailed: { Code: 10202, Msg: 'apply concurrent failed' },
} as const;

/** What a page gets told of a refusal of the cloud API. */
export interface CloudErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}
