import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { Control, ControlPeer } from '../control/contract.js';
import type { SocketConnection, SocketListener } from '../socket/connection.js';
import { abilitiesOf, newEntry, type PeerEntry } from './attach.js';
import { createSocketEntry } from './socket-entry.js';

/** Who is told that the program records, and who is heard, of clients that come by a WebSocket beside their WebRTC peer. */

const control = {
  onChannelOpen: () => undefined,
  onMessage: () => undefined,
  onChannelClosed: () => undefined,
  kick: () => undefined,
  close: () => undefined,
};

/** The WebSocket of a client with such a ClientSession. */
function connect(role: 'Player' | 'Viewer', clientSession: { readonly speaksOnSocket?: boolean }) {
  const attached: ControlPeer[] = [];
  const identity = { peerId: 'p', userId: 'u', role, seat: 1, ...abilitiesOf({ sdp: 'v=0', ...clientSession }) };
  const sibling = newEntry({
    peer: { identity } as PeerEntry['peer'],
    ...{ control, reconnectToken: 't', socketCodec: 'H264' as const },
  });
  const texts: string[] = [];
  let listener: SocketListener | undefined;
  const connection: SocketConnection = {
    listen: (given) => {
      listener = given;
    },
    sendText: (text) => void texts.push(text),
    sendBinary: () => true,
    close: () => listener?.onClosed(),
  };
  const onVoice = vi.fn();
  const { peer } = createSocketEntry(sibling, {
    control: {
      attachPeer: (given) => {
        attached.push(given);
        return control;
      },
      close: async () => undefined,
    } satisfies Control,
    connection,
    bitrate: { minBitrateBps: 1e6, maxBitrateBps: 8e6, startBitrateBps: 5e6 },
    clock: () => performance.now() * 1_000,
    logger: pino({ level: 'silent' }),
    sourceLatency: () => ({}),
    ...{ onClosed: vi.fn(), onKeyFrameNeeded: vi.fn(), onTargetChanged: vi.fn(), onVoice },
  });
  peer.start();
  return { canSpeak: attached[0]?.canSpeak, takesVoice: texts[0]?.includes('"Voice"'), listener, onVoice };
}

it('tells a player that the program records if its client can send a voice there, not an older one', () => {
  expect(connect('Player', { speaksOnSocket: true })).toMatchObject({ canSpeak: true, takesVoice: true });
  expect(connect('Player', {})).toMatchObject({ canSpeak: false, takesVoice: true });
  expect(connect('Player', { speaksOnSocket: false })).toMatchObject({ canSpeak: false });
  expect(connect('Viewer', { speaksOnSocket: true })).toMatchObject({ canSpeak: false, takesVoice: false });
});

it('hears it under the name of the WebSocket, apart from the other connection', () => {
  const { listener, onVoice } = connect('Player', { speaksOnSocket: true });
  listener?.onBinary(Buffer.from([15, 0, 7, 0, 0, 0, 9, 0xf8, 1]));
  expect(onVoice.mock.calls).toEqual([
    ['p.socket', { sequenceNumber: 7, payload: Buffer.from([0xf8, 1]), comesInBursts: true }],
  ]);
});
