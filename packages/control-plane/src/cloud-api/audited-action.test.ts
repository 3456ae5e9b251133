import { actionNames, actions } from '@cloudstage/cloud-api';
import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditResult } from '../services/audit/contract.js';
import { createAuditedCall } from './audited-action.js';

const caller = { accountId: 'acc-1', secretId: 'AKID1', requestId: 'r1', sourceAddress: '192.0.2.1' };

function createTrail() {
  const steps: string[] = [];
  const entries: { event: AuditEvent; result: AuditResult | null }[] = [];
  return {
    steps,
    entries,
    audit: {
      begin: async (event: AuditEvent) => {
        steps.push('begun');
        const entry = { event, result: null as AuditResult | null };
        entries.push(entry);
        return (result: AuditResult) => {
          steps.push('finished');
          entry.result = result;
        };
      },
      record: (event: AuditEvent, result: AuditResult) => {
        steps.push('recorded');
        entries.push({ event, result });
      },
      flush: () => Promise.resolve(),
      stats: { waiting: 0, lost: 0 },
    },
  };
}

describe('an audited call', () => {
  it('exists for every action that is no query', () => {
    const deps = { audit: createTrail().audit, auditUserIp: true, now: () => 1 };
    for (const name of actionNames) {
      expect(createAuditedCall(name, caller, deps) === null, name).toBe(actions[name].kind === 'query');
    }
  });

  it('stores a change before it is made, and a session after', async () => {
    for (const name of actionNames.filter((candidate) => actions[candidate].kind !== 'query')) {
      const { audit, steps, entries } = createTrail();
      let now = 1_000;
      const call = createAuditedCall(name, caller, { audit, auditUserIp: true, now: () => now });
      const result = await call?.run({ ProjectId: 'cap-1', ProjectIds: ['cap-2', 'cap-1'] }, async () => {
        steps.push('worked');
        now += 25;
        return { type: 'answered', response: { ApplicationId: 'app-1', RequestId: 'r1' } };
      });
      expect(result?.type).toBe('answered');
      const isSession = actions[name].kind === 'session';
      expect(steps, name).toEqual(isSession ? ['worked', 'recorded'] : ['begun', 'worked', 'finished']);
      expect(entries).toMatchObject([
        {
          event: { action: name, at: 1_000, targets: ['cap-1', 'cap-2'] },
          result: { outcome: 'ok', durationMs: 25, targets: ['app-1'] },
        },
      ]);
    }
  });

  it('cuts what is long and drops what is too much', async () => {
    const { audit, entries } = createTrail();
    const call = createAuditedCall('DestroySession', caller, { audit, auditUserIp: true, now: () => 1 });
    const answer = async () => ({ type: 'answered', response: {} }) as const;
    await call?.run({ Name: 'x'.repeat(1_000), Url: 'https://u:p@example.com/file?sign=S3CRET' }, answer);
    await call?.run({ Many: Array.from({ length: 50 }, () => 'y'.repeat(256)) }, answer);
    expect(String(entries[0]?.event.parameters.Name)).toHaveLength(257);
    expect(entries[0]?.event.parameters.Url).toBe('https://example.com/file?[redacted]');
    expect(entries[1]?.event.parameters).toEqual({ truncated: true });
  });
});
