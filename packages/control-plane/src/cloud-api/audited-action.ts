import { type ActionName, actions } from '@cloudstage/cloud-api';
import { redact } from '../observability/redact.js';
import type { AuditEvent, AuditResult, AuditTrail } from '../services/audit/contract.js';
import type { DispatchResult } from './dispatch.js';
import { cloudApiServerLimits } from './limits.js';

/** Who calls and from where, for the audit log. */
export type AuditedCaller = Pick<AuditEvent, 'accountId' | 'secretId' | 'requestId' | 'sourceAddress'>;

/** What {@link createAuditedCall} needs. */
export interface AuditedCallDeps {
  readonly audit: AuditTrail;
  /** False: the log does not get the addresses of users. */
  readonly auditUserIp: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Entries of one call. */
export interface AuditedCall {
  /** Runs the action and notes how it ended; what changes the account's things is noted before, too. */
  run(parameters: Readonly<Record<string, unknown>>, work: () => Promise<DispatchResult>): Promise<DispatchResult>;
  /** Notes a call that was refused before anything was done. */
  refused(code: string): void;
}

/** Ids in the fields of a request or response. */
function idsOf(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const ids = Object.entries(fields).flatMap(([name, value]) => {
    if (name === 'RequestId' || !/Ids?$/.test(name)) return [];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((id): id is string => typeof id === 'string' && id !== '');
  });
  return [...new Set(ids)].slice(0, cloudApiServerLimits.auditTargets);
}

function redactParameters(parameters: Readonly<Record<string, unknown>>, userIp: boolean) {
  const { auditTextChars, auditListItems, auditParameterChars } = cloudApiServerLimits;
  const clean = redact(parameters, { userIp, maxTextChars: auditTextChars, maxListItems: auditListItems });
  return JSON.stringify(clean).length > auditParameterChars ? { truncated: true } : clean;
}

/** Creates the entries of one call of an action; null for queries, which change nothing. */
export function createAuditedCall(name: ActionName, caller: AuditedCaller, deps: AuditedCallDeps): AuditedCall | null {
  const { kind } = actions[name];
  if (kind === 'query') return null;
  const at = deps.now();
  const eventOf = (parameters: Readonly<Record<string, unknown>>): AuditEvent => ({
    ...caller,
    at,
    actor: 'api',
    action: name,
    targets: idsOf(parameters),
    parameters: redactParameters(parameters, deps.auditUserIp),
  });
  const resultOf = (outcome: string, targets: readonly string[] = []): AuditResult => ({
    outcome,
    durationMs: Math.max(0, deps.now() - at),
    targets,
  });
  return {
    run: async (parameters, work) => {
      const event = eventOf(parameters);
      // Sessions come and go by the thousand, and their own rows tell of them: their entries may be a moment late.
      const finish =
        kind === 'mutate' ? await deps.audit.begin(event) : (result: AuditResult) => deps.audit.record(event, result);
      try {
        const result = await work();
        finish(
          result.type === 'answered' ? resultOf('ok', idsOf(result.response)) : resultOf(result.failure.error.code),
        );
        return result;
      } catch (error) {
        finish(resultOf('InternalError'));
        throw error;
      }
    },
    refused: (code) => deps.audit.record(eventOf({}), resultOf(code)),
  };
}
