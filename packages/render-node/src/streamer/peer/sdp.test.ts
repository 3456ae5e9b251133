import { isAppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { parse } from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import type { VideoCodec } from '../video-codec.js';
import { type AnswerOptions, buildAnswer, buildLibraryOffer, readLocalTransport } from './sdp-answer.js';
import { parseOffer } from './sdp-offer.js';
import { chromiumOffer, firefoxOffer, safariOffer } from './testing/offers.js';

const options: AnswerOptions = {
  transport: {
    iceUfrag: 'srvU',
    icePwd: 'serverserverserverserver',
    fingerprint: 'AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99',
    setup: 'active',
  },
  video: { ssrc: 1_001, rtxSsrc: 1_002, fecSsrc: 1_003 },
  audio: { ssrc: 2_001, rtxSsrc: 2_002, fecSsrc: 2_003 },
  cname: 'cafe',
  candidates: { addresses: ['203.0.113.7', '2001:db8::7'], udpPort: 8_000, tcpPort: 8_001 },
  maxMessageSize: 262_144,
};

const offers = { chromium: chromiumOffer, firefox: firefoxOffer, safari: safariOffer };

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'no error';
  } catch (error) {
    return isAppError(error) ? error.code : `${error}`;
  }
};

describe('parseOffer', () => {
  it.each([
    ['chromium', 108, 109, 111, { transportWideCc: 4, playoutDelay: 5, mid: 9, absSendTime: 2, videoTiming: 7 }],
    ['firefox', 126, 127, 109, { transportWideCc: 7, playoutDelay: 6, mid: 3, absSendTime: 4 }],
    ['safari', 98, 99, 111, { transportWideCc: 3, playoutDelay: 5, mid: 4 }],
  ] as const)('%s: constrained baseline with its retransmission, Opus, extensions', (name, video, rtx, audio, ids) => {
    const offer = parseOffer(offers[name]);
    expect(offer.video.codec).toMatchObject({ payloadType: video, rtxPayloadType: rtx });
    expect(offer.video.codec.parameters).toMatch(/42e01f/);
    expect(offer.video.extensions).toEqual(ids);
    expect(offer.audio?.codec.payloadType).toBe(audio);
    expect(offer.video.codec.feedback).toEqual(expect.arrayContaining(['transport-cc', 'nack', 'nack pli', 'ccm fir']));
  });

  it('takes another profile with packetization-mode 1 when constrained baseline is missing', () => {
    const offer = parseOffer(safariOffer.replace('profile-level-id=42e01f', 'profile-level-id=4d001f'));
    expect(offer.video.codec.payloadType).toBe(98);
    const high = parseOffer(safariOffer.replace('a=rtpmap:98 H264/90000\r\n', ''));
    expect(high.video.codec.payloadType).toBe(96);
  });

  it('takes ids of the two-byte form, but 15 and what is meant for pictures only where it belongs', () => {
    const captureTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
    const offered = (id: number) =>
      parseOffer(
        chromiumOffer
          .replace(/(m=video[\s\S]*?)(a=extmap:)/, `$1a=extmap:${id} ${captureTime}\r\n$2`)
          .replace(/(m=audio[\s\S]*?)(a=extmap:)/, `$1a=extmap:${id} ${captureTime}\r\n$2`),
      );
    expect(offered(17).video.extensions.absCaptureTime).toBe(17);
    expect(offered(17).audio?.extensions.absCaptureTime).toBeUndefined();
    for (const id of [15, 0, 256, 4]) expect(offered(id).video.extensions.absCaptureTime, `${id}`).toBeUndefined();
    const answer = parse(buildAnswer(offered(17), options));
    expect(answer.media[0]?.ext).toContainEqual({ value: 17, uri: captureTime });
  });

  it('takes parity over pictures and redundant sound where they are offered, and answers with them', () => {
    const withRepairs = chromiumOffer
      .replace(/(m=video .*)\r\n/, '$1 49\r\na=rtpmap:49 flexfec-03/90000\r\na=rtcp-fb:49 transport-cc\r\n')
      .replace(/(m=audio .*)\r\n/, '$1 77\r\na=rtpmap:77 red/48000/2\r\na=fmtp:77 111/111\r\n');
    const offer = parseOffer(withRepairs);
    expect(offer.video.codec.fecPayloadType).toBe(49);
    expect(offer.audio?.codec.redPayloadType).toBe(77);
    const [video, audio] = parse(buildAnswer(offer, options)).media;
    expect(video?.payloads).toBe('108 109 49');
    expect(video?.ssrcGroups).toContainEqual({ semantics: 'FEC-FR', ssrcs: '1001 1003' });
    expect(video?.ssrcs?.map(({ id }) => id)).toContain(1_003);
    expect(audio?.payloads).toBe('111 77');
    expect(audio?.fmtp).toContainEqual({ payload: 77, config: '111/111' });
    const foreign = parseOffer(withRepairs.replaceAll('111/111', '9/9').replace('flexfec-03', 'ulpfec'));
    expect(foreign.audio?.codec.redPayloadType).toBeUndefined();
    expect(foreign.video.codec.fecPayloadType).toBeUndefined();
  });

  it('does without sound', () => {
    const withoutSound = chromiumOffer.replace(/m=audio[\s\S]*?(?=m=application)/, '');
    const offer = parseOffer(withoutSound);
    expect(offer.audio).toBeUndefined();
    expect(parse(buildAnswer(offer, options)).media.map(({ type }) => type)).toEqual(['video', 'application']);
  });

  it('does without Opus', () => {
    const offer = parseOffer(chromiumOffer.replace(/opus/g, 'speex'));
    const answer = parse(buildAnswer(offer, options));
    expect(answer.media[1]).toMatchObject({ type: 'audio', port: 0 });
    expect(answer.groups?.[0]?.mids).toBe('0 2');
  });

  it.each([
    ['none of our codecs', chromiumOffer.replace(/H264|VP8|AV1/g, 'H265'), 'codec-unsupported'],
    [
      'only packetization-mode 0',
      chromiumOffer.replace(/packetization-mode=1/g, 'packetization-mode=0').replace(/VP8|AV1/g, 'VP9'),
      'codec-unsupported',
    ],
    ['no video', chromiumOffer.replace(/m=video[\s\S]*?(?=m=audio)/, ''), 'offer-invalid'],
    ['no data channel', chromiumOffer.replace(/m=application[\s\S]*$/, ''), 'offer-invalid'],
    ['no fingerprint', chromiumOffer.replace(/a=fingerprint.*\r\n/g, ''), 'offer-invalid'],
    [
      'a fingerprint that is none',
      chromiumOffer.replace(/(a=fingerprint:sha-256 ).*\r\n/g, '$1ZZ\r\n'),
      'offer-invalid',
    ],
    ['no credentials', chromiumOffer.replace(/a=ice-.*\r\n/g, ''), 'offer-invalid'],
    ['a short password', chromiumOffer.replace(/a=ice-pwd:.*\r\n/g, 'a=ice-pwd:abc\r\n'), 'offer-invalid'],
    ['the same mid twice', chromiumOffer.replace('a=mid:1', 'a=mid:0'), 'offer-invalid'],
    ['no mids', chromiumOffer.replace(/a=mid:.*\r\n/g, ''), 'offer-invalid'],
    ['an unknown setup', chromiumOffer.replace(/a=setup:actpass/g, 'a=setup:holdconn'), 'offer-invalid'],
    ['sctp port zero', chromiumOffer.replace('a=sctp-port:5000', 'a=sctp-port:0'), 'offer-invalid'],
    ['too many m-lines', chromiumOffer + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(40), 'offer-invalid'],
    ['nothing', '', 'offer-invalid'],
    ['only the first line', 'v=0\r\n', 'offer-invalid'],
    ['no SDP', '{"a":1}', 'offer-invalid'],
  ])('%s is a named error', (_what, sdp, code) => {
    expect(codeOf(() => parseOffer(sdp))).toBe(code);
  });

  it('takes the first codec of the ranking that is offered, and none that is not in it', () => {
    const codecOf = (sdp: string, ...ranking: VideoCodec[]) => parseOffer(sdp, ranking).videoCodec;
    expect(codecOf(chromiumOffer, 'H264', 'VP8')).toBe('H264');
    expect(codecOf(chromiumOffer, 'VP8', 'H264')).toBe('VP8');
    expect(codecOf(chromiumOffer.replace(/H264/g, 'H265'), 'H264', 'VP8')).toBe('VP8');
    expect(codeOf(() => parseOffer(chromiumOffer.replace(/VP8/g, 'VP9'), ['VP8']))).toBe('codec-unsupported');
    expect(codeOf(() => parseOffer(chromiumOffer, []))).toBe('codec-unsupported');
  });

  it.each(Object.entries(offers))('%s: VP8 with its retransmission, in answer and library offer', (_name, sdp) => {
    const offer = parseOffer(sdp, ['VP8']);
    const videoOf = (text: string) => parse(text).media.find(({ type }) => type === 'video');
    const video = videoOf(buildAnswer(offer, options));
    const { payloadType, rtxPayloadType, feedback } = offer.video.codec;
    expect(video?.rtp.map(({ codec, rate, payload }) => [codec, rate, payload])).toEqual([
      ['VP8', 90_000, payloadType],
      ['rtx', 90_000, rtxPayloadType],
    ]);
    expect(video?.fmtp).toEqual([{ payload: rtxPayloadType, config: `apt=${payloadType}` }]);
    expect((video?.rtcpFb ?? []).map(({ type, subtype }) => `${type} ${subtype ?? ''}`.trim())).toEqual(feedback);
    expect(videoOf(buildLibraryOffer(offer))?.rtp).toMatchObject([{ codec: 'VP8', payload: payloadType }]);
  });

  it('answers AV1 of the main profile with its retransmission', () => {
    const videoOf = (text: string) => parse(text).media.find(({ type }) => type === 'video');
    const offer = parseOffer(chromiumOffer, ['AV1', 'H264']);
    const { payloadType, rtxPayloadType } = offer.video.codec;
    const video = videoOf(buildAnswer(offer, options));
    expect(video?.rtp.map(({ codec, rate, payload }) => [codec, rate, payload])).toEqual([
      ['AV1', 90_000, payloadType],
      ['rtx', 90_000, rtxPayloadType],
    ]);
    expect(video?.fmtp).toContainEqual({ payload: payloadType, config: 'level-idx=5;profile=0;tier=0' });
    expect(videoOf(buildLibraryOffer(offer))?.rtp).toMatchObject([{ codec: 'AV1', payload: payloadType }]);
    const withFmtp = (text: string) => chromiumOffer.replace(/(a=rtpmap:45 AV1.*\r\n)(a=fmtp:45.*\r\n)?/, `$1${text}`);
    expect(parseOffer(withFmtp('a=fmtp:45 profile=1\r\n'), ['AV1', 'H264']).videoCodec).toBe('H264');
    expect(parseOffer(withFmtp(''), ['AV1', 'H264']).videoCodec).toBe('AV1');
  });

  it('answers garbled offers or names an error, and never lets a line through unchecked', () => {
    const lines = chromiumOffer.split('\r\n');
    const mutation = fc.record({
      index: fc.nat(lines.length - 1),
      kind: fc.constantFrom('drop', 'repeat', 'cut', 'garble', 'swap'),
      noise: fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 })),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
        const mutated = [...lines];
        for (const { index, kind, noise } of mutations) {
          const line = mutated[index] ?? '';
          if (kind === 'drop') mutated.splice(index, 1);
          if (kind === 'repeat') mutated.splice(index, 0, line);
          if (kind === 'cut') mutated[index] = line.slice(0, line.length / 2);
          if (kind === 'garble') mutated[index] = line.slice(0, 12) + noise;
          if (kind === 'swap') mutated[index] = mutated[(index * 7) % mutated.length] ?? '';
        }
        const code = codeOf(() => {
          const offer = parseOffer(mutated.join('\r\n'));
          for (const text of [buildAnswer(offer, options), buildLibraryOffer(offer)]) {
            for (const line of text.split('\r\n').slice(0, -1)) expect(line).toMatch(/^[a-z]=[\x20-\x7e]*$/);
          }
        });
        expect(['no error', 'offer-invalid', 'codec-unsupported']).toContain(code);
      }),
      { numRuns: 500 },
    );
  });

  it('reads names and parameters that look like numbers', () => {
    const garbled = (from: RegExp, to: string) => codeOf(() => parseOffer(chromiumOffer.replace(from, to)));
    expect(garbled(/a=rtpmap:(\d+) opus.*/i, 'a=rtpmap:$1 0/48000/2')).toBe('no error');
    expect(garbled(/a=rtpmap:(\d+) VP8.*/i, 'a=rtpmap:$1 7')).toBe('no error');
    expect(garbled(/(a=fmtp:\d+) level-asymmetry.*/g, '$1 0')).toBe('no error');
    const withoutModes = chromiumOffer.replace(/(a=fmtp:\d+) level-asymmetry.*/g, '$1 0');
    expect(codeOf(() => parseOffer(withoutModes, ['H264']))).toBe('codec-unsupported');
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (text) => {
        expect(['offer-invalid', 'codec-unsupported']).toContain(codeOf(() => parseOffer(`v=0\r\n${text}`)));
      }),
    );
  });
});

describe('buildAnswer', () => {
  it.each(Object.entries(offers))('%s: same m-lines and mids in the same order, one bundle', (_name, sdp) => {
    const offered = parse(sdp);
    const answer = parse(buildAnswer(parseOffer(sdp), options));
    expect(answer.media.map(({ type, mid }) => `${type} ${mid}`)).toEqual(
      offered.media.map(({ type, mid }) => `${type} ${mid}`),
    );
    expect(answer.groups).toEqual([{ type: 'BUNDLE', mids: offered.media.map(({ mid }) => mid).join(' ') }]);
    for (const media of answer.media) {
      expect(media).toMatchObject({ iceUfrag: 'srvU', icePwd: options.transport.icePwd, setup: 'active' });
      expect(media.fingerprint?.hash).toBe(options.transport.fingerprint);
    }
  });

  it('lists a UDP and a TCP passive candidate an address, best first, and nothing else', () => {
    const answer = parse(buildAnswer(parseOffer(chromiumOffer), options));
    const candidates = answer.media.flatMap((media) => media.candidates ?? []);
    expect(candidates.map(({ transport, ip, port, type, tcptype }) => [transport, ip, port, type, tcptype])).toEqual([
      ['udp', '203.0.113.7', 8_000, 'host', undefined],
      ['tcp', '203.0.113.7', 8_001, 'host', 'passive'],
      ['udp', '2001:db8::7', 8_000, 'host', undefined],
      ['tcp', '2001:db8::7', 8_001, 'host', 'passive'],
    ]);
    const [udp, tcp, udp6, tcp6] = candidates.map(({ priority }) => Number(priority));
    expect(udp!).toBeGreaterThan(udp6!);
    expect(udp6!).toBeGreaterThan(tcp!);
    expect(tcp!).toBeGreaterThan(tcp6!);
    expect(new Set(candidates.map(({ foundation }) => foundation)).size).toBe(4);
    expect(answer.media[0]?.endOfCandidates).toBe('end-of-candidates');
  });

  it('answers receive-only with send-only and send-receive in kind', () => {
    const firefox = parse(buildAnswer(parseOffer(firefoxOffer), options));
    expect(firefox.media.slice(0, 2).map(({ direction }) => direction)).toEqual(['sendonly', 'sendonly']);
    const chromium = parse(buildAnswer(parseOffer(chromiumOffer), options));
    expect(chromium.media.slice(0, 2).map(({ direction }) => direction)).toEqual(['sendrecv', 'sendrecv']);
  });

  it('names its streams: retransmission grouped, video and sound in streams of their own', () => {
    const [video, audio] = parse(buildAnswer(parseOffer(chromiumOffer), options)).media;
    expect(video?.ssrcGroups).toEqual([{ semantics: 'FID', ssrcs: '1001 1002' }]);
    expect(new Set(video?.ssrcs?.map(({ id }) => Number(id)))).toEqual(new Set([1_001, 1_002]));
    expect(new Set(audio?.ssrcs?.map(({ id }) => Number(id)))).toEqual(new Set([2_001]));
    expect(video?.msid).not.toEqual(audio?.msid);
    expect(video?.rtcpFb?.some(({ type }) => type === 'transport-cc')).toBe(true);
    expect(audio?.rtcpFb?.some(({ type }) => type === 'transport-cc')).toBe(true);
    expect(video?.ext?.some(({ uri }) => uri.endsWith('playout-delay'))).toBe(true);
  });

  it('states stereo to clients that ask for it', () => {
    const opusOf = (sdp: string) =>
      parse(buildAnswer(parseOffer(sdp), options)).media.find(({ type }) => type === 'audio')?.fmtp[0]?.config;
    const asking = chromiumOffer.replace('useinbandfec=1', 'useinbandfec=1;stereo=1');
    expect(opusOf(chromiumOffer)).toBe('minptime=10;useinbandfec=1');
    expect(opusOf(asking)).toBe('minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1');
    expect(opusOf(asking.replace('stereo=1', 'sprop-stereo=1'))).toBe('minptime=10;useinbandfec=1');
  });

  it('rejects surplus m-lines in place', () => {
    const surplus =
      chromiumOffer +
      chromiumOffer
        .slice(chromiumOffer.indexOf('m=video'), chromiumOffer.indexOf('m=audio'))
        .replace('a=mid:0', 'a=mid:7');
    const answer = parse(buildAnswer(parseOffer(surplus), options));
    expect(answer.media).toHaveLength(4);
    expect(answer.media[3]).toMatchObject({ type: 'video', port: 0 });
    expect(String(answer.media[3]?.mid)).toBe('7');
    expect(answer.groups?.[0]?.mids).toBe('0 1 2');
  });
});

describe('readLocalTransport', () => {
  it('reads what the library says of itself', () => {
    const sdp = `v=0\r\no=- 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ${options.transport.fingerprint}\r\na=setup:active\r\nm=video 41234 UDP/TLS/RTP/SAVPF 108\r\nc=IN IP4 127.0.0.1\r\na=ice-ufrag:0123\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=candidate:1 1 UDP 2122317823 127.0.0.1 41234 typ host\r\n`;
    expect(readLocalTransport(sdp)).toEqual({
      iceUfrag: '0123',
      icePwd: 'abcdefghijklmnopqrstuv',
      fingerprint: options.transport.fingerprint,
      setup: 'active',
      address: '127.0.0.1',
      port: 41_234,
    });
    expect(codeOf(() => readLocalTransport(sdp.replace(/a=candidate.*\r\n/, '')))).toBe('webrtc-failed');
  });
});
