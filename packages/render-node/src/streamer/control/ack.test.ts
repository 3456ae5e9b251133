import type { StreamProfile } from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { type AckReply, createAckHandler } from './ack.js';
import type { ControlPeer, StreamControl } from './contract.js';
import { createSeats } from './seats.js';

function setUp(
  role: ControlPeer['role'] = 'Player',
  resize: (width: number, height: number) => Promise<boolean> = async () => true,
) {
  const log: string[] = [];
  const profiles: StreamProfile[] = [];
  const peer: ControlPeer = {
    peerId: 'p1',
    userId: 'u1',
    role,
    seat: role === 'Player' ? 1 : 0,
    canSpeak: role === 'Player',
    reconnectToken: 't',
    send: () => true,
    isOpen: () => true,
  };
  const stream: StreamControl = {
    requestKeyFrame: () => undefined,
    setStreamProfile: (_peerId, profile) => void profiles.push(profile),
    setDesktopResolution: (width, height) => {
      log.push(`resize ${width}x${height}`);
      return resize(width, height);
    },
    setPaused: (peerId, media, paused) => void log.push(`${paused ? 'pause' : 'resume'} ${media} ${peerId}`),
    requestProgramRestart: (peerId) => void log.push(`restart ${peerId}`),
    screen: () => ({ width: 1, height: 1, left: 0, top: 0 }),
    onScreenChange: () => () => undefined,
    pushState: () => 'NoStreamPushing',
    cpuUsagePercent: () => 0,
    heartbeat: () => ({}),
    drawCursor: () => undefined,
  };
  const seats = createSeats();
  seats.add(peer);
  seats.add({ ...peer, peerId: 'p2', userId: 'u2', role: 'Viewer', seat: 0 });
  const handle = createAckHandler({
    peer,
    stream,
    seats,
    text: {
      insert: (text) => {
        log.push(`text ${text.slice(0, 5)}`);
        return text !== 'full';
      },
      settled: async () => undefined,
      close: () => undefined,
    },
    releaseInput: () => void log.push('release'),
    unlockCapsLock: () => void log.push('caps'),
    setCursorMode: (mode) => void log.push(`cursor ${mode}`),
    setPointerStyle: (style) => void log.push(`style ${style}`),
    onMicSwitched: (status) => void log.push(`mic ${status}`),
  });
  const ask = async (data: Record<string, unknown>): Promise<AckReply> =>
    handle({ seq: 1, type: String(data.type), data });
  return { ask, log, profiles };
}

const ok = { code: 0 };

describe('requests of a player', () => {
  it.each([
    [{ type: 'set_cursor', show: 1 }, ok, ['cursor 1']],
    [{ type: 'set_cursor', show: '5' }, ok, ['cursor 5']],
    [{ type: 'set_cursor', show: 77 }, { code: 1 }, []],
    [{ type: 'set_cursor' }, { code: 1 }, []],
    [{ type: 'set_pointer_style', style: 'standard' }, ok, ['style standard']],
    [{ type: 'keys_clean' }, ok, ['release']],
    [{ type: 'reset_capslock' }, ok, ['caps']],
    [{ type: 'paste', content: 'hello' }, ok, ['text hello']],
    [{ type: 'paste', content: 'full' }, { code: 1 }, ['text full']],
    [{ type: 'paste', content: 5 }, { code: 1 }, []],
    [{ type: 'paste', content: 'x'.repeat(262_145) }, { code: 1 }, []],
    [{ type: 'desktop_res', width: 1_281.9, height: 721 }, ok, ['resize 1281x721']],
    [{ type: 'desktop_res', width: 0, height: 721 }, { code: 1 }, []],
    [{ type: 'desktop_res', width: 1e9, height: 721 }, { code: 1 }, []],
    [{ type: 'desktop_res' }, { code: 1 }, []],
    [{ type: 'game_op', op: 'restart' }, ok, ['restart p1']],
    [{ type: 'game_op', op: 'pause', media: 'audio' }, ok, ['pause audio p1']],
    [{ type: 'game_op', op: 'pause' }, ok, ['pause all p1']],
    [{ type: 'game_op', op: 'resume', media: 'video' }, ok, ['resume video p1']],
    [{ type: 'game_op', op: 'explode' }, { code: 1 }, []],
    [{ type: 'switch_mic', status: 'open' }, ok, ['mic open']],
    [{ type: 'switch_mic', status: 'close' }, ok, ['mic close']],
    [{ type: 'switch_mic', status: {} }, ok, []],
    [{ type: 'switch_camera', status: 'close' }, ok, []],
    [{ type: 'show_touch_pos', show: true }, ok, []],
    [{ type: 'user_update', sdp: '' }, ok, []],
    [{ type: 'udp_trans', dest_port: 10_000, protocol: 'text', label: 'cs_10000' }, { code: 1 }, []],
    [{ type: 'mic_status', user_id: 'u1', status: 2 }, { code: 0, status: 2, user_id: 'u1' }, []],
    [{ type: 'mic_status', user_id: 'u2', status: 1 }, { code: -2, status: 1, user_id: 'u2' }, []],
    [{ type: 'mic_status', user_id: 'nobody', status: 1 }, { code: -4, status: 1, user_id: 'nobody' }, []],
    [{ type: 'seat_change', user_id: 'u2', to_role: 'player', seat_index: 2 }, { code: 1_002 }, []],
    [{ type: 'never heard of' }, ok, []],
    [{ type: '__proto__' }, ok, []],
  ])('%j', async (data, reply, effects) => {
    const { ask, log } = setUp();
    const answer = await ask(data);
    expect(answer).toMatchObject(reply);
    expect(answer).not.toHaveProperty('type');
    expect(log).toEqual(effects);
  });

  it('hands a profile on with numbers, whatever the client made of them', async () => {
    const { ask, profiles } = setUp();
    await ask({ type: 'res_mode', fps: '60', max_bitrate: 8, min_bitrate: null, unit: 'Mbps', deg: 90 });
    expect(profiles).toEqual([{ fps: 60, max_bitrate: 8, unit: 'Mbps' }]);
  });

  it('is told the seats with a type, the only reply that has one', async () => {
    const { ask } = setUp();
    await ask({ type: 'mic_status', user_id: 'u1', status: 2 });
    expect(await ask({ type: 'sync_seats' })).toEqual({
      type: 'sync_seats',
      players: [{ name: 'u1', seat_index: 1, mic_status: 2 }],
      viewers: [{ name: 'u2', mic_status: 1 }],
    });
  });

  it('resizes once at a time, and to the latest of the sizes that came meanwhile', async () => {
    const waiting: ((done: boolean) => void)[] = [];
    const { ask, log } = setUp('Player', () => new Promise((resolve) => waiting.push(resolve)));
    const replies = [1, 2, 3, 4].map((width) => ask({ type: 'desktop_res', width, height: 1 }));
    expect(await replies[1]).toEqual({ code: 1 });
    expect(await replies[2]).toEqual({ code: 1 });
    waiting.shift()?.(true);
    expect(await replies[0]).toEqual(ok);
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(1);
    waiting.shift()?.(false);
    expect(await replies[3]).toEqual({ code: 1 });
    expect(log).toEqual(['resize 1x1', 'resize 4x1']);
  });
});

describe('requests of a viewer', () => {
  it.each([
    { type: 'paste', content: 'x' },
    { type: 'reset_capslock' },
    { type: 'res_mode', fps: 30 },
    { type: 'desktop_res', width: 100, height: 100 },
    { type: 'game_op', op: 'restart' },
  ])('%j changes nothing', async (data) => {
    const { ask, log, profiles } = setUp('Viewer');
    expect(await ask(data)).toMatchObject({ code: 1 });
    expect([log, profiles]).toEqual([[], []]);
  });

  it('may pause its own media', async () => {
    const { ask, log } = setUp('Viewer');
    expect(await ask({ type: 'game_op', op: 'pause' })).toEqual(ok);
    expect(log).toEqual(['pause all p1']);
  });
});
