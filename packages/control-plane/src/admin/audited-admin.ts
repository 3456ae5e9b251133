import { isAppError } from '@cloudstage/protocol';
import { redact } from '../observability/redact.js';
import type { AuditTrail } from '../services/audit/contract.js';
import { adminLimits } from './limits.js';

/** Operations by name; all of them are asynchronous. */
type Operations = { readonly [name: string]: (...args: never[]) => Promise<unknown> };

/** What {@link auditOperations} needs. */
export interface AuditedAdminDeps {
  readonly audit: AuditTrail;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Makes the id of one operation. */
  readonly createRequestId: () => string;
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && /^(AKID[A-Za-z0-9]+|[a-z]{3,4}-[a-z0-9-]+)$/.test(value);

/** Ids among arguments and results, one level down. */
function idsOf(values: readonly unknown[]): readonly string[] {
  const ids = values.flatMap((value) => {
    if (isId(value)) return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).filter(isId) : [];
  });
  return [...new Set(ids)].slice(0, adminLimits.auditTargets);
}

function describe(args: readonly unknown[]): Readonly<Record<string, unknown>> {
  const { auditTextChars, auditListItems } = adminLimits;
  return redact({ arguments: args }, { userIp: true, maxTextChars: auditTextChars, maxListItems: auditListItems });
}

function audited(name: string, operation: (...args: never[]) => Promise<unknown>, deps: AuditedAdminDeps) {
  return async (...args: never[]): Promise<unknown> => {
    const at = deps.now();
    const [first] = args as readonly unknown[];
    const accountId =
      typeof first === 'object' && first !== null && 'accountId' in first ? String(first.accountId) : '';
    const finish = await deps.audit.begin({
      at,
      actor: 'operator',
      accountId,
      secretId: '',
      action: name,
      requestId: deps.createRequestId(),
      sourceAddress: '',
      targets: idsOf(args),
      parameters: describe(args),
    });
    const durationMs = () => Math.max(0, deps.now() - at);
    try {
      const result = await operation(...args);
      finish({ outcome: 'ok', durationMs: durationMs(), targets: idsOf([result]) });
      return result;
    } catch (error) {
      finish({ outcome: isAppError(error) ? error.code : 'internal', durationMs: durationMs() });
      throw error;
    }
  };
}

/**
 * The same operations, each of which leaves an entry in the audit log, begun before anything is changed. Those named in
 * `queries` change nothing and leave none; an operation that is added later is audited until it is listed there.
 */
export function auditOperations<T extends object>(
  operations: T,
  queries: readonly (keyof T & string)[],
  deps: AuditedAdminDeps,
): T {
  const entries = Object.entries(operations as unknown as Operations).map(([name, operation]) => [
    name,
    queries.some((query) => query === name) ? operation : audited(name, operation, deps),
  ]);
  return Object.fromEntries(entries) as T;
}
