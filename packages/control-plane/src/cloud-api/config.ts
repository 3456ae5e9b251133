import { type ActionName, actions } from '@cloudstage/cloud-api';
import { cloudApiServerLimits } from './limits.js';

/** Settings of the cloud API. */
export interface CloudApiConfig {
  /**
   * Host names (with port where one is used) under which clients reach this server through a proxy that changes `Host`.
   * Signatures over them are accepted, besides those over `Host` and `X-Forwarded-Host`.
   */
  readonly publicHosts: readonly string[];
  /** Requests a second for each account and action, where they differ from the documented ones. */
  readonly rateLimits: Partial<Readonly<Record<ActionName, number>>>;
  /** Share of the rate limits that this process grants: with n control planes behind one address, 1/n. */
  readonly rateLimitShare: number;
  /** Calls a second of one client address that may fail authentication; beyond that they are refused unseen. */
  readonly authFailureRateLimit: number;
  /** False: the audit log does not get the addresses of users. */
  readonly auditUserIp: boolean;
  /** Requests a second to `/reconnect` for each client address. */
  readonly reconnectRateLimit: number;
  /** Origins that may call `/reconnect`; `*` allows all, which is safe because the token is the credential. */
  readonly corsOrigins: readonly string[];
  /** How far a signature's timestamp may be from the server's clock, either way. */
  readonly clockWindowSeconds: number;
  /** Milliseconds until an action answers `FailedOperation.ProcessTimeout`, where they differ from the derived ones. */
  readonly deadlinesMs: Partial<Readonly<Record<ActionName, number>>>;
}

/** The platform's behaviour, open to browsers of every origin. */
export const defaultCloudApiConfig: CloudApiConfig = {
  publicHosts: [],
  rateLimits: {},
  rateLimitShare: 1,
  authFailureRateLimit: 1,
  auditUserIp: true,
  reconnectRateLimit: 20,
  corsOrigins: ['*'],
  clockWindowSeconds: 300,
  deadlinesMs: {},
};

/** Requests a second of an action that this process lets through. */
export function rateLimitOf(config: CloudApiConfig, action: ActionName): number {
  return (config.rateLimits[action] ?? actions[action].rateLimitPerSecond) * config.rateLimitShare;
}

/** Milliseconds an action may take: a little less than documented, so that the refusal arrives in time. */
export function deadlineOf(config: CloudApiConfig, action: ActionName): number {
  const documented = actions[action].serverTimeoutMs;
  const derived =
    documented === null
      ? cloudApiServerLimits.undocumentedDeadlineMs
      : documented - cloudApiServerLimits.deadlineMarginMs;
  return config.deadlinesMs[action] ?? derived;
}
