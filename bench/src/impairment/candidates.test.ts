import { expect, it } from 'vitest';
import { udpCandidateOf, withOnlyCandidate, withRelay } from './candidates.js';

const sdp = [
  ...['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype passive'],
  ...[
    'a=candidate:2 1 udp 2113937151 10.0.0.2 5004 typ host generation 0',
    'a=end-of-candidates',
    'a=ice-ufrag:abcd',
    '',
  ],
].join('\r\n');
const candidatesOf = (text: string) => text.split('\r\n').filter((line) => line.startsWith('a=candidate'));

it('leaves nothing but the way through the relay', () => {
  const changed = withOnlyCandidate(sdp, 4_711);
  expect(candidatesOf(changed)).toEqual(['a=candidate:1 1 udp 2130706431 127.0.0.1 4711 typ host']);
  expect(changed).toMatch(/a=ice-ufrag:abcd\r\n$/);
  expect(candidatesOf(withOnlyCandidate(sdp, null))).toEqual([]);
  expect(() => withOnlyCandidate('v=0', 1)).toThrow(/ICE/);
  const session = Buffer.from(JSON.stringify({ sdp, other: 1 })).toString('base64');
  const moved = JSON.parse(Buffer.from(withRelay(session, 4_711), 'base64').toString());
  expect(moved).toEqual({ sdp: changed, other: 1 });
});

it('finds where a browser listens', () => {
  expect(udpCandidateOf(sdp)).toEqual({ address: '10.0.0.2', port: 5_004 });
  expect(() => udpCandidateOf('v=0')).toThrow(/candidate/);
});
