import type { Caller } from '../contract.js';

/** Settings of live pushes. */
export interface PublishSettings {
  /** RTMP URL without the stream name; `''`: there is none. */
  readonly publishDomain: string;
  /** `''`: URLs are not signed. */
  readonly signingKey: string;
  readonly signatureMs: number;
  readonly allowPrivateUrls: boolean;
}

/** Outcome of the two actions that start a push. */
export type StartPublishOutcome =
  /** The node has begun to connect; also when it pushed there already. */
  | { readonly type: 'started' }
  /** The installation has no domain of its own. */
  | { readonly type: 'not-configured' }
  | { readonly type: 'url-invalid'; readonly reason: string }
  /** The target lies in a network that callers may not reach from here. */
  | { readonly type: 'target-refused' }
  /** No session, or one whose program does not run. */
  | { readonly type: 'session-not-found' }
  /** The node may or may not have begun: the same call again settles it. */
  | { readonly type: 'timeout' }
  | { readonly type: 'failed'; readonly message: string };

/** Outcome of StopPublishStream. */
export type StopPublishOutcome =
  /** Also when there was no push. */
  { readonly type: 'stopped' } | { readonly type: 'session-not-found' } | { readonly type: 'timeout' };

/** Live pushes. A session has at most one. */
export interface StreamServices {
  /** Pushes to the installation's domain, under the user id as the name of the stream; `parameters` join the URL's query. */
  startPublishStream(
    caller: Caller,
    input: { readonly userId: string; readonly parameters: string },
  ): Promise<StartPublishOutcome>;
  /** Pushes to the caller's URL. Another URL replaces the present one. */
  startPublishStreamWithUrl(
    caller: Caller,
    input: { readonly userId: string; readonly url: string },
  ): Promise<StartPublishOutcome>;
  /** Ends the push of the user's session. */
  stopPublishStream(caller: Caller, input: { readonly userId: string }): Promise<StopPublishOutcome>;
}
