import { describe, expect, it } from 'vitest';
import { createClientPath } from './client-path.js';

const media = Buffer.from([128, 96, 0, 1]);
const stun = (type: number, transaction: number) => {
  const packet = Buffer.alloc(20, transaction);
  packet.writeUInt16BE(type, 0);
  return packet;
};
const [request, success] = [0x0001, 0x0101];

describe('createClientPath', () => {
  it('keeps to each flow before there is data', () => {
    const path = createClientPath<string>();
    for (const packet of [media, stun(request, 1), stun(success, 2)]) {
      expect(path.fromStreamer('old', packet)).toBe('old');
      expect(path.fromStreamer('new', packet)).toBe('new');
    }
    expect(path.fromClient('old', stun(success, 1))).toBe('old');
  });

  it('sends data and checks where data comes from, and answers back the way the check came', () => {
    const path = createClientPath<string>();
    expect(path.fromClient('old', media)).toBe('old');
    expect(path.fromClient('new', media)).toBe('new');
    expect(path.fromStreamer('old', media)).toBe('new');
    expect(path.fromStreamer('new', media)).toBe('new');
    expect(path.fromStreamer('old', stun(success, 1))).toBe('old');
    expect(path.fromStreamer('old', stun(request, 2))).toBe('new');
    expect(path.fromClient('new', stun(success, 2))).toBe('old');
    expect(path.fromClient('new', stun(success, 3))).toBe('new');
  });

  it('forgets a flow that has ended, and checks that were never answered', () => {
    const path = createClientPath<string>();
    path.fromClient('new', media);
    for (let i = 0; i < 100; i += 1) path.fromStreamer('old', stun(request, i));
    expect(path.fromClient('new', stun(success, 0))).toBe('new');
    expect(path.fromClient('new', stun(success, 99))).toBe('old');
    path.forget('old');
    expect(path.fromClient('new', stun(success, 98))).toBe('new');
    path.forget('new');
    expect(path.fromStreamer('old', media)).toBe('old');
  });
});
