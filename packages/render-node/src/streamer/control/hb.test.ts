import { describe, expect, it } from 'vitest';
import { decodeHeartbeat, heartbeatReply, kickMessage } from './hb.js';

describe('heartbeat', () => {
  const text = JSON.stringify({
    fps: '30',
    delay: '0.6',
    rtt: 2,
    raw_rtt: 0,
    edge_rtt: 0,
    cpu: '12',
    load_cost_time: 115,
    bit_rate: '212256',
    packet_lost: '0',
    nack: '0',
    packet_received: '190',
    gpu: '0',
    input_delay: 0,
    user_id: 'u1',
    timestamp: 1_795_176_850_903,
    first_frame_cost_time: 133,
    api_cost_time: 0,
  });

  it('is read with its types, without the user id, which a client could forge', () => {
    const { user_id: _userId, ...expected } = JSON.parse(text) as Record<string, unknown>;
    expect(decodeHeartbeat(text)).toEqual(expected);
  });

  it.each([
    ['{}', {}],
    ['{"fps":30,"rtt":"2","cpu":null,"timestamp":null,"delay":{}}', { fps: '30', rtt: 2 }],
    ['{"timestamp":[]}', undefined],
    ['[1]', undefined],
    ['null', undefined],
    ['nonsense', undefined],
  ])('%s', (data, expected) => {
    expect(decodeHeartbeat(data)).toEqual(expected);
  });

  it('is answered with exactly what the client may see', () => {
    expect(heartbeatReply({ timestamp: 7 }, 'token', 'Pushing', 1.5)).toEqual({
      timestamp: 7,
      token: 'token',
      stream_push_state: 'Pushing',
      server_time_ms: 1.5,
    });
    const withoutTimestamp = JSON.parse(JSON.stringify(heartbeatReply({}, 'token', 'NoStreamPushing', 1))) as Record<
      string,
      unknown
    >;
    expect(Object.keys(withoutTimestamp)).toEqual(['token', 'stream_push_state', 'server_time_ms']);
  });

  it('kicks with a code, a text and a push state', () => {
    expect(kickMessage(0, 'bye', 'NoStreamPushing')).toEqual({
      stream_push_state: 'NoStreamPushing',
      code: 0,
      message: 'bye',
    });
  });
});
