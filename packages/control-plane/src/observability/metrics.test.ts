import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInProcessNodeLink } from '../node-link/in-process.js';
import type { Census } from '../services/metrics/census.js';
import { createGauges, type GaugeSources } from './gauges.js';
import { registerHealth } from './health.js';
import { measureNodeLink, measureSweep } from './instrument.js';
import { createMetrics, type Metrics } from './metrics.js';
import { registerMetrics } from './metrics-route.js';

let metrics: Metrics;
beforeEach(() => {
  metrics = createMetrics();
});
afterEach(() => metrics.registry.clear());

/** Value of a series, by its name and labels as the text has them. */
async function seriesValue(series: string): Promise<number | null> {
  const { text } = await metrics.render();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

describe('calls', () => {
  it('are counted by action and code, and while they are in flight', async () => {
    const first = metrics.callStarted();
    const second = metrics.callStarted();
    expect(await seriesValue('cloudstage_api_requests_in_flight')).toBe(2);
    first('CreateSession', 'ok');
    second('CreateSession', 'FailedOperation.SlowDown');
    expect(await seriesValue('cloudstage_api_requests_in_flight')).toBe(0);
    const count = (code: string) =>
      seriesValue(`cloudstage_api_request_duration_seconds_count{action="CreateSession",code="${code}"}`);
    expect([await count('ok'), await count('FailedOperation.SlowDown')]).toEqual([1, 1]);
  });

  it('give no label to what callers make up', async () => {
    for (let index = 0; index < 20; index += 1) metrics.callStarted()(`Action${index}`, 'InvalidAction');
    for (const name of ['', 'constructor', '__proto__', 'reconnect']) metrics.callStarted()(name, 'ok');
    const { text } = await metrics.render();
    const actions = new Set([...text.matchAll(/action="([^"]*)"/g)].map((match) => match[1]));
    expect([...actions].sort()).toEqual(['none', 'other', 'reconnect']);
  });

  it('that fail authentication are counted apart', async () => {
    for (const code of ['AuthFailure.SignatureFailure', 'AuthFailure.UnauthorizedOperation', 'ok']) {
      metrics.callStarted()('CreateSession', code);
    }
    const name = 'cloudstage_api_authentication_failures_total';
    expect(await seriesValue(`${name}{code="AuthFailure.SignatureFailure"}`)).toBe(1);
    expect(await seriesValue(`${name}{code="AuthFailure.UnauthorizedOperation"}`)).toBeNull();
  });
});

describe('work that is measured', () => {
  it('has the outcome of the command, its refusal or its failure', async () => {
    const { link, uplink } = createInProcessNodeLink();
    const measured = measureNodeLink(link, metrics);
    const describeNode = () => measured.call('node-1', 'node.describe', {}, { deadlineMs: 1_000 });
    await expect(describeNode()).rejects.toMatchObject({ code: 'node-unreachable' });
    uplink.serve('node-1', { 'node.describe': () => Promise.reject(new Error('broken')) } as never);
    expect(await describeNode()).toMatchObject({ ok: false, code: 'internal' });
    const name = 'cloudstage_node_command_duration_seconds_count';
    expect(await seriesValue(`${name}{method="node.describe",outcome="node-unreachable"}`)).toBe(1);
    expect(await seriesValue(`${name}{method="node.describe",outcome="internal"}`)).toBe(1);
    await measured.close();
    await uplink.close();
  });

  it('passes results and failures on', async () => {
    await measureSweep(() => Promise.resolve(), metrics)();
    await expect(measureSweep(() => Promise.reject(new Error('no')), metrics)()).rejects.toThrow('no');
    const name = 'cloudstage_sweep_duration_seconds_count';
    expect([await seriesValue(`${name}{outcome="ok"}`), await seriesValue(`${name}{outcome="failed"}`)]).toEqual([
      1, 1,
    ]);
  });
});

describe('gauges', () => {
  const node = (region: string, state: string, count: number) =>
    ({ kind: 'node', region, state, count, oldestAt: null }) as const;
  const slot = (region: string, state: string, count: number) =>
    ({ kind: 'slot', region, state, count, oldestAt: null }) as const;
  const census = (rows: Census['rows']): Census => ({ takenAt: 10_000, rows });
  const sourcesOf = (patch: Partial<GaugeSources>): GaugeSources => ({
    takeCensus: async () => census([]),
    poolStats: () => null,
    audit: { stats: { waiting: 0, lost: 0 } },
    now: () => 10_000,
    ...patch,
  });

  it('show what the database counts, states that are empty as zero', async () => {
    const rows = [
      node('eu', 'online', 2),
      slot('eu', 'idle', 3),
      slot('eu', 'busy', 1),
      { kind: 'session', region: '', state: 'running', count: 1, oldestAt: null },
      { kind: 'due-session', region: '', state: '', count: 2, oldestAt: 7_500 },
      { kind: 'due-slot', region: '', state: '', count: 0, oldestAt: null },
    ] as const;
    const poolStats = () => ({ total: 4, idle: 1, waiting: 7 });
    const audit = { stats: { waiting: 5, lost: 2 } };
    await createGauges(
      metrics.registry,
      sourcesOf({ takeCensus: async () => census(rows), poolStats, audit }),
    ).refresh();
    const expected: Readonly<Record<string, number>> = {
      'cloudstage_slots{region="eu",state="idle"}': 3,
      'cloudstage_slots{region="eu",state="failed"}': 0,
      'cloudstage_nodes{region="eu",state="online"}': 2,
      'cloudstage_nodes{region="eu",state="offline"}': 0,
      'cloudstage_sessions{state="running"}': 1,
      'cloudstage_sessions{state="reserved"}': 0,
      'cloudstage_due_rows{kind="session"}': 2,
      'cloudstage_due_oldest_seconds{kind="session"}': 2.5,
      'cloudstage_due_oldest_seconds{kind="slot"}': 0,
      'cloudstage_database_connections{state="waiting"}': 7,
      cloudstage_audit_entries_waiting: 5,
      cloudstage_audit_entries_lost: 2,
      cloudstage_database_up: 1,
    };
    for (const [series, value] of Object.entries(expected)) expect(await seriesValue(series), series).toBe(value);
  });

  it('ask the database once for scrapes that come together, and again after some seconds', async () => {
    let asked = 0;
    let now = 10_000;
    const takeCensus = async () => {
      asked += 1;
      return census([]);
    };
    const gauges = createGauges(metrics.registry, sourcesOf({ takeCensus, now: () => now }));
    await Promise.all([gauges.refresh(), gauges.refresh()]);
    now += 4_999;
    await gauges.refresh();
    expect(asked).toBe(1);
    now += 1;
    await gauges.refresh();
    expect(asked).toBe(2);
  });

  it('say that the database is away, and keep the rest', async () => {
    await createGauges(metrics.registry, sourcesOf({ takeCensus: () => Promise.reject(new Error('away')) })).refresh();
    expect(await seriesValue('cloudstage_database_up')).toBe(0);
    expect(await seriesValue('cloudstage_audit_entries_lost')).toBe(0);
    expect(await seriesValue('process_start_time_seconds')).toBeGreaterThan(0);
  });

  it('have a bounded number of regions', async () => {
    const rows = Array.from({ length: 150 }, (_, index) => node(`region-${index}`, 'online', 1));
    await createGauges(metrics.registry, sourcesOf({ takeCensus: async () => census(rows) })).refresh();
    const { text } = await metrics.render();
    expect(new Set([...text.matchAll(/region="([^"]*)"/g)].map((match) => match[1])).size).toBe(101);
    expect(await seriesValue('cloudstage_nodes{region="other",state="online"}')).toBe(50);
  });
});

describe('GET /metrics', () => {
  const ask = async (
    options: { token?: string; isOwnPort?: boolean },
    request: { headers?: Record<string, string>; remoteAddress?: string } = {},
  ) => {
    const server = fastify({ trustProxy: true });
    const gauges = { refresh: () => Promise.resolve() };
    registerMetrics(server, { metrics, gauges, token: options.token ?? '', isOwnPort: options.isOwnPort ?? false });
    const reply = await server.inject({ method: 'GET', url: '/metrics', ...request });
    await server.close();
    return reply;
  };
  const status = async (...args: Parameters<typeof ask>) => (await ask(...args)).statusCode;

  it('is for this machine only, unless there is a token', async () => {
    const reply = await ask({}, { remoteAddress: '127.0.0.1' });
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, metrics.registry.contentType]);
    expect(reply.body).toContain('cloudstage_api_requests_in_flight 0');
    for (const remoteAddress of ['::1', '::ffff:127.0.0.1']) expect(await status({}, { remoteAddress })).toBe(200);
    for (const remoteAddress of ['192.0.2.1', '2001:db8::1', 'nowhere'])
      expect(await status({}, { remoteAddress })).toBe(403);
    // A proxy on this machine speaks for others.
    for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
      expect(await status({}, { remoteAddress: '127.0.0.1', headers: { [name]: '127.0.0.1' } }), name).toBe(403);
    }
  });

  it('wants the token from everybody when there is one', async () => {
    const withToken = (authorization: string) =>
      status({ token: 'S3CRET' }, { headers: { authorization }, remoteAddress: '192.0.2.1' });
    expect(await withToken('Bearer S3CRET')).toBe(200);
    for (const wrong of ['Bearer S3CRE', 'Bearer S3CRETS', 'Basic S3CRET', 'S3CRET', '']) {
      expect(await withToken(wrong), wrong).toBe(403);
    }
    expect(await status({ token: 'S3CRET' }, { remoteAddress: '127.0.0.1' })).toBe(403);
    expect(await status({ token: 'S3CRET', isOwnPort: true }, { remoteAddress: '127.0.0.1' })).toBe(403);
  });

  it('is open on a port of its own', async () => {
    expect(await status({ isOwnPort: true }, { remoteAddress: '192.0.2.1' })).toBe(200);
  });
});

describe('GET /readyz', () => {
  it('asks every part and names those that cannot work', async () => {
    const reasons: [string, string] = ['', ''];
    const server = fastify();
    registerHealth(
      server,
      reasons.map((_, index) => async () => ({ ready: reasons[index] === '', reason: reasons[index] ?? '' })),
    );
    const ready = async () => {
      const reply = await server.inject('/readyz');
      return [reply.statusCode, reply.json()];
    };
    expect(await ready()).toEqual([200, { status: 'ready' }]);
    reasons[1] = 'the object store does not answer';
    expect(await ready()).toEqual([503, { status: 'not-ready', reason: reasons[1] }]);
    reasons[0] = 'the database does not answer';
    expect(await ready()).toEqual([503, { status: 'not-ready', reason: `${reasons[0]}; ${reasons[1]}` }]);
    expect((await server.inject('/healthz')).statusCode).toBe(200);
    await server.close();
  });
});
