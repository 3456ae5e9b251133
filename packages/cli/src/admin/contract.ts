import type { Static } from 'typebox';
import type { AdminOperation } from './operation.js';
import { accountOperations } from './operations/accounts.js';
import { applicationOperations } from './operations/applications.js';
import { auditOperations } from './operations/audit.js';
import { imageOperations } from './operations/images.js';
import { nodeOperations } from './operations/nodes.js';
import { packageOperations } from './operations/packages.js';
import { recordingOperations } from './operations/recordings.js';
import { sessionOperations } from './operations/sessions.js';
import { usageOperations, usageStreams } from './operations/usage.js';

/**
 * Requests of the command line to a running instance. They travel as JSON over HTTP on the Unix socket
 * `<dataDir>/admin.sock` as `POST /<operation>`; only its owner can open it, and there is no other authentication.
 * An operation is one declaration in `operations/`: schema and handler together; server and client follow from this table.
 */
export const adminOperations = {
  ...applicationOperations,
  ...sessionOperations,
  ...accountOperations,
  ...auditOperations,
  ...packageOperations,
  ...nodeOperations,
  ...imageOperations,
  ...recordingOperations,
  ...usageOperations,
} as const;

/** Those whose answer is a text of any length. */
export const adminStreams = { ...usageStreams } as const;

/** Name of an operation. */
export type AdminOperationName = keyof typeof adminOperations;

/** What an operation takes. */
export type AdminInput<N extends AdminOperationName> = Static<(typeof adminOperations)[N]['input']>;

/** What an operation answers. */
export type AdminOutput<N extends AdminOperationName> =
  (typeof adminOperations)[N] extends AdminOperation<(typeof adminOperations)[N]['input'], infer Output>
    ? Output
    : never;

/** Name of an operation with a long answer. */
export type AdminStreamName = keyof typeof adminStreams;

/** What such an operation takes. */
export type AdminStreamInput<N extends AdminStreamName> = Static<(typeof adminStreams)[N]['input']>;

/** The command line's end of the socket. */
export interface AdminClient {
  /**
   * Runs an operation in the instance.
   * @throws AppError `not-running` when there is no instance, otherwise the instance's own code and text.
   */
  call<N extends AdminOperationName>(name: N, input: AdminInput<N>): Promise<AdminOutput<N>>;
  /**
   * Reads the answer of an operation piece by piece, whole or with an error at its end. The instance waits for who reads slowly.
   * @throws AppError as {@link AdminClient.call}, and `admin-failed` when the answer was cut off.
   */
  stream<N extends AdminStreamName>(name: N, input: AdminStreamInput<N>): AsyncIterable<string>;
}
