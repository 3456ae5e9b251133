import { isAppError, type NodeCommandHandlers, type NodeEvent } from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { createInProcessNodeLink } from './in-process.js';

const handlers = (patch: Partial<NodeCommandHandlers> = {}): NodeCommandHandlers => ({
  'session.connect': async () => ({ ok: true, value: { answer: null } }),
  'session.end': async () => ({ ok: true, value: {} }),
  'stream.publish': async () => ({ ok: true, value: {} }),
  'stream.unpublish': async () => ({ ok: true, value: {} }),
  'peer.remove': async () => ({ ok: true, value: {} }),
  'package.prefetch': async () => ({ ok: true, value: {} }),
  'session.describe': async () => ({ ok: true, value: { latency: {}, peers: [] } }),
  'node.statistics': async () => ({ ok: true, value: { latency: { counts: {}, repairs: {} } } }),
  'node.describe': async () => ({
    ok: true,
    value: { nodeId: 'n', bootId: 'b', name: '', region: '', version: '', concurrencyTypes: [], slots: [] },
  }),
  ...patch,
});
const end = { sessionId: 's', slotIndex: 0, reason: 'api', message: '' } as const;
const code = (expected: string) => (error: unknown) => isAppError(error, expected);
const client = (sessionId: string): NodeEvent => ({ type: 'session.client', nodeId: 'n', sessionId, connected: true });

describe('commands', () => {
  it('reach the node that serves them, as copies', async () => {
    const { link, uplink } = createInProcessNodeLink();
    const seen: unknown[] = [];
    uplink.serve(
      'n',
      handlers({
        'session.end': async (params) => {
          seen.push(params);
          return { ok: true, value: {} };
        },
      }),
    );
    expect(await link.call('n', 'session.end', end, { deadlineMs: 1_000 })).toEqual({ ok: true, value: {} });
    expect(seen).toEqual([end]);
    expect(seen[0]).not.toBe(end);
  });

  it('fail by name when nobody serves, answers or is left', async () => {
    const { link, uplink } = createInProcessNodeLink();
    const call = (deadlineMs = 10_000) => link.call('n', 'session.end', end, { deadlineMs });
    await expect(call()).rejects.toSatisfy(code('node-unreachable'));
    uplink.serve('n', handlers({ 'session.end': () => new Promise(() => undefined) }));
    await expect(call(20)).rejects.toSatisfy(code('deadline-exceeded'));
    const cutOff = expect(call()).rejects.toSatisfy(code('node-unreachable'));
    await uplink.close();
    await cutOff;
    await expect(call()).rejects.toSatisfy(code('node-unreachable'));
  });

  it('turn what a handler throws into a refusal', async () => {
    const { link, uplink } = createInProcessNodeLink();
    uplink.serve('n', handlers({ 'session.end': () => Promise.reject(new Error('disk full')) }));
    expect(await link.call('n', 'session.end', end, { deadlineMs: 1_000 })).toEqual({
      ok: false,
      code: 'internal',
      message: 'disk full',
    });
  });
});

describe('reports', () => {
  it('arrive in order, one at a time, as they were when emitted', async () => {
    const { link, uplink } = createInProcessNodeLink();
    const seen: string[] = [];
    let active = 0;
    link.onEvent(async (event) => {
      active += 1;
      expect(active).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      if (event.type === 'session.client') seen.push(event.sessionId);
      active -= 1;
    });
    const event = { type: 'session.client' as const, nodeId: 'n', sessionId: '0', connected: true };
    const delivered = Array.from({ length: 20 }, (_, i) => {
      event.sessionId = String(i);
      return uplink.emit(event);
    });
    await Promise.all(delivered);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  it('are delivered again when the control plane failed, and refused when it keeps failing', async () => {
    const { link, uplink } = createInProcessNodeLink();
    let failures = 1;
    let deliveries = 0;
    link.onEvent(async () => {
      deliveries += 1;
      if (failures > 0) {
        failures -= 1;
        throw new Error('database is away');
      }
    });
    await uplink.emit(client('a'));
    expect(deliveries).toBe(2);
    failures = 100;
    await expect(uplink.emit(client('b'))).rejects.toSatisfy(code('control-plane-unreachable'));
    failures = 0;
    await uplink.emit(client('c'));
  });

  it('are refused when nobody listens', async () => {
    const { link, uplink } = createInProcessNodeLink();
    await expect(uplink.emit(client('a'))).rejects.toSatisfy(code('control-plane-unreachable'));
    link.onEvent(async () => undefined);
    await link.close();
    await expect(uplink.emit(client('a'))).rejects.toSatisfy(code('control-plane-unreachable'));
  });
});

describe('objects', () => {
  it('are served, and missing ones are named so', async () => {
    const { link, uplink } = createInProcessNodeLink();
    await expect(uplink.openObject('blobs/x')).rejects.toSatisfy(code('object-not-found'));
    link.serveObjects(async (key) => {
      if (key !== 'blobs/x') throw new Error('ENOENT');
      return (async function* () {
        yield Buffer.from('content');
      })();
    });
    const parts: Uint8Array[] = [];
    for await (const part of await uplink.openObject('blobs/x')) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('content');
    await expect(uplink.openObject('blobs/y')).rejects.toSatisfy(code('object-not-found'));
  });
});
