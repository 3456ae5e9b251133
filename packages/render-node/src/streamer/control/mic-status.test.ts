import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ControlPeer } from './contract.js';
import { controlLimits } from './limits.js';
import { createMicStatus, type MicStatus } from './mic-status.js';
import { createRecordingPeer, createSetMicrophone, type SetMicrophone } from './testing/fake-stream.js';

let microphone: SetMicrophone;
let status: MicStatus;

beforeEach(() => {
  vi.useFakeTimers();
  microphone = createSetMicrophone();
  status = createMicStatus(microphone);
});
afterEach(() => vi.useRealTimers());

/** A client whose channel is open as long as `isOpen` says so, and which takes what it is sent as long as `takes` says so. */
function join(options: Partial<ControlPeer> = {}) {
  const path = { isOpen: true, takes: true };
  const peer = createRecordingPeer({ isOpen: () => path.isOpen, ...options });
  const send = peer.send.bind(peer);
  const channel = status.attach({ ...peer, send: (label, text) => path.isOpen && path.takes && send(label, text) });
  const told = () => peer.messages('svr').map(({ type, data }) => `${type} ${(data as { status: string }).status}`);
  return { path, channel, told };
}
const opens = 'mic_status open';
const closes = 'mic_status close';
const later = () => vi.advanceTimersByTime(controlLimits.micRepeatMs);

describe('createMicStatus', () => {
  it('tells each change, and once more a second later', () => {
    const { channel, told } = join();
    channel.onOpen();
    later();
    expect(told()).toEqual([]);
    microphone.set(true);
    expect(told()).toEqual([opens]);
    later();
    later();
    expect(told()).toEqual([opens, opens]);
    microphone.set(false);
    later();
    expect(told()).toEqual([opens, opens, closes, closes]);
  });

  it('says nothing twice to a client that has answered, and repeats nothing that no longer holds', () => {
    const { channel, told } = join();
    microphone.set(true);
    channel.onSwitched('open');
    later();
    microphone.set(false);
    microphone.set(true);
    // Of an earlier message.
    channel.onSwitched('close');
    later();
    expect(told()).toEqual([opens, closes, opens, opens]);
  });

  it('tells those who join what holds, once their channel is open, and tells it to them once', () => {
    const { path, channel, told } = join();
    path.isOpen = false;
    microphone.set(true);
    later();
    expect(told()).toEqual([]);
    path.isOpen = true;
    channel.onOpen();
    channel.onOpen();
    channel.onSwitched('open');
    expect(told()).toEqual([opens]);
  });

  it('tells a user who comes back that the program has ended to record meanwhile, unless the client has closed its microphone', () => {
    const first = join();
    microphone.set(true);
    first.path.isOpen = false;
    microphone.set(false);
    first.channel.close();
    const [back, other] = [join({ peerId: 'peer-2' }), join({ peerId: 'peer-3', userId: 'user-2' })];
    for (const { channel } of [back, other]) channel.onOpen();
    expect([back.told(), other.told()]).toEqual([[closes], []]);
    back.channel.onSwitched('close');
    back.channel.close();
    const again = join({ peerId: 'peer-4' });
    again.channel.onOpen();
    expect(again.told()).toEqual([]);
  });

  it('tries again while too much waits on the channel, and ends with its peer', () => {
    const { path, channel, told } = join();
    path.takes = false;
    microphone.set(true);
    later();
    path.takes = true;
    later();
    expect(told()).toEqual([opens]);
    channel.close();
    later();
    microphone.set(false);
    expect(told()).toEqual([opens]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells nothing to those who are not heard', () => {
    const { channel, told } = join({ role: 'Viewer' });
    microphone.set(true);
    channel.onOpen();
    later();
    expect(told()).toEqual([]);
  });
});
