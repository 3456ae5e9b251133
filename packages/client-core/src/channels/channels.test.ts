import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientLimits } from '../limits.js';
import { createAckClient } from './ack-client.js';
import { readCursorImage } from './cursor-image.js';
import { readHeartbeatReply } from './heartbeat.js';
import { parseInbound } from './inbound.js';
import { readScreenState } from './screen-state.js';
import { readAckEvent, readSvrEvent } from './server-events.js';

/** An ack client on a recording channel with timers that are fired by hand. */
function ackHarness(random = () => 0.5) {
  const sent: { seq: number; data: unknown }[] = [];
  const timers = new Set<() => void>();
  let open = true;
  const client = createAckClient(
    {
      nowMs: () => 1_700_000_000_000.25,
      random,
      setTimeout(callback) {
        timers.add(callback);
        return () => timers.delete(callback);
      },
    },
    () => ({
      send(text) {
        if (open) sent.push(JSON.parse(text));
        return open;
      },
      bufferedBytes: () => 0,
      close() {
        open = false;
      },
    }),
  );
  return { client, sent, timers, shut: () => (open = false) };
}

describe('ack client', () => {
  it('numbers requests and gives each its reply', async () => {
    const { client, sent, timers } = ackHarness();
    const first = client.request({ type: 'keys_clean' });
    const second = client.request({ type: 'paste', content: 'x' });
    const [a, b] = sent;
    expect(a).toEqual({ seq: 1_700_000_005_000, data: { type: 'keys_clean' } });
    expect(b?.seq).not.toBe(a?.seq);
    expect(client.settle(b?.seq ?? 0, { code: 0 })).toBe(true);
    expect(await second).toEqual({ code: 0, msg: 'on ack message', data: { code: 0 } });
    expect(client.settle(a?.seq ?? 0, {})).toBe(true);
    expect((await first).code).toBe(0);
    expect([client.pending, timers.size]).toEqual([0, 0]);
    expect(client.settle(a?.seq ?? 0, {})).toBe(false);
  });

  it('ends with code 1: no channel, no reply, connection closed', async () => {
    const { client, timers, shut } = ackHarness();
    const late = client.request({ type: 'a' });
    for (const fire of timers) fire();
    expect(await late).toEqual({ code: 1, msg: 'send ack message timeout' });
    const abandoned = client.request({ type: 'b' });
    client.abandon();
    expect(await abandoned).toEqual({ code: 1, msg: 'connection closed' });
    shut();
    expect((await client.request({ type: 'c' })).code).toBe(1);
    expect([client.pending, timers.size]).toEqual([0, 0]);
  });

  it('keeps a bounded number; the oldest gives way', async () => {
    const { client, sent } = ackHarness(() => 0);
    const first = client.request({ type: 'first' });
    for (let index = 0; index < clientLimits.pendingAcks + 10; index += 1) void client.request({ type: 'more' });
    expect((await first).code).toBe(1);
    expect(client.pending).toBe(clientLimits.pendingAcks);
    expect(new Set(sent.map(({ seq }) => seq)).size).toBe(sent.length);
  });
});

describe('heartbeat replies', () => {
  it('may have the account of the latency, and a wish', () => {
    const entry = { p50: 1, p95: 2, p99: 3, count: 4 };
    const wish = { id: 7, type: 'restart_playback' };
    expect(readHeartbeatReply({ latency: { encode: entry, odd: 1 }, wish })).toMatchObject({
      latency: { encode: entry },
      restartPlayback: 7,
    });
    for (const unknown of [{}, { wish: { id: 7, type: 'other' } }, { wish: 'x' }]) {
      expect(readHeartbeatReply(unknown)).toMatchObject({ latency: null, restartPlayback: null });
    }
  });

  it('null is no code', () => {
    expect(readHeartbeatReply({ code: null }).code).toBeNull();
    expect(readHeartbeatReply({ code: 0, message: 'bye' })).toMatchObject({ code: 0, message: 'bye' });
    expect(readHeartbeatReply({ timestamp: 5, token: 't', server_time_ms: 7.5 })).toMatchObject({
      timestamp: 5,
      token: 't',
      serverTimeMs: 7.5,
      pushState: undefined,
    });
  });
});

describe('screen state', () => {
  const complete = { screen_width: 1280, screen_height: 720, screen_left: 0, screen_top: 0 };
  it('needs all four numbers, and shows the cursor unless told otherwise', () => {
    expect(readScreenState({ ...complete, cpu_usage: '12', gpu_usage: 3 })).toEqual({
      screen: { width: 1280, height: 720, left: 0, top: 0 },
      cursorShowing: true,
      cpu: '12',
      gpu: '3',
    });
    expect(readScreenState({ ...complete, screen_top: undefined, cursor_showing: false })).toMatchObject({
      screen: null,
      cursorShowing: false,
    });
    expect(readScreenState({ cursor_showing: null }).cursorShowing).toBe(true);
  });
});

describe('server events', () => {
  it.each([
    [
      { type: 'game_stopped', data: { user_id: 'u' } },
      { type: 'game-stopped', data: { user_id: 'u' } },
    ],
    [
      { type: 'hit_input', data: { field_type: 'normal_input', status: 'enabled', text: 'secret' } },
      { type: 'input-focus', data: { field_type: 'normal_input', status: 'enabled' } },
    ],
    [
      { type: 'screen_config_change', data: { degree: '0_degree' } },
      { type: 'screen-config', data: { degree: '0_degree' } },
    ],
    [{ type: 'mic_status', data: {} }, null],
  ])('svr %o', (message, expected) => {
    expect(readSvrEvent(message)).toEqual(expected);
  });

  it.each([
    [
      { type: 'cursor_state', state: 'showing' },
      { type: 'cursor-visible', visible: true },
    ],
    [
      { type: 'cursor_state', state: 'hidden' },
      { type: 'cursor-visible', visible: false },
    ],
    [{ type: 'cursor_state', state: '' }, null],
    [
      { type: 'cursor_pos', x: 1, y: 2 },
      { type: 'cursor-position', x: 1, y: 2 },
    ],
    [
      { type: 'open_url', url: 'https://x' },
      { type: 'open-url', url: 'https://x' },
    ],
    [
      { type: 'input_seat', input_seat: 2 },
      { type: 'input-seat', seat: 2 },
    ],
    [
      { type: 'user_update', sdp: 'v=0' },
      { type: 'offer', sdp: 'v=0' },
    ],
    [{ type: 'user_update' }, null],
    [{ code: 0 }, null],
  ])('ack %o', (data, expected) => {
    expect(readAckEvent(data)).toEqual(expected);
  });
});

describe('cursor images', () => {
  it('are base64 with a hotspot inside', () => {
    expect(readCursorImage({ data: 'iVBORw0=', hotspotx: 3, hotspoty: 4 })).toEqual({
      data: 'iVBORw0=',
      hotspotx: 3,
      hotspoty: 4,
    });
    for (const bad of [
      { data: '' },
      { data: 'a) ; color: red' },
      { data: 'AAAA', hotspotx: 128 },
      { data: 'AAAA', hotspoty: -1 },
      {},
    ]) {
      expect(readCursorImage(bad)).toBeNull();
    }
  });
});

describe('anything a server may send', () => {
  it('is read or ignored, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const fields = parseInbound(text);
        if (fields === null) return;
        readHeartbeatReply(fields);
        readScreenState(fields);
        readSvrEvent(fields);
        readAckEvent(fields);
        readCursorImage(fields);
      }),
    );
    expect(parseInbound(`"${'x'.repeat(clientLimits.inboundMessageChars)}"`)).toBeNull();
    expect(parseInbound('[1]')).toBeNull();
  });
});
