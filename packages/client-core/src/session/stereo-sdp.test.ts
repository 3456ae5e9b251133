import { describe, expect, it } from 'vitest';
import { withStereo } from './stereo-sdp.js';

const offer = (...lines: string[]) =>
  ['m=audio 9 UDP/TLS/RTP/SAVPF 111 9', 'a=rtpmap:9 G722/8000', 'a=fmtp:11 x=1', ...lines, 'm=video 9 X 96', ''].join(
    '\r\n',
  );

describe('withStereo', () => {
  it('adds to the parameters of Opus', () => {
    expect(withStereo(offer('a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1'))).toBe(
      offer('a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1'),
    );
  });

  it('adds a line where Opus has no parameters', () => {
    expect(withStereo(offer('a=rtpmap:111 opus/48000/2'))).toBe(
      offer('a=fmtp:111 stereo=1', 'a=rtpmap:111 opus/48000/2'),
    );
  });

  it.each([
    offer('a=rtpmap:109 opus/48000/2', 'a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1'),
    offer('a=rtpmap:111 opus/48000/2', 'a=fmtp:111 stereo=0'),
    offer(),
    '',
  ])('leaves what says it already, and what has no Opus', (sdp) => {
    expect(withStereo(sdp)).toBe(sdp);
  });

  it('changes nothing the second time', () => {
    const once = withStereo(offer('a=rtpmap:111 opus/48000/2', 'a=fmtp:111 sprop-stereo=1'));
    expect(once).toContain('sprop-stereo=1;stereo=1');
    expect(withStereo(once)).toBe(once);
  });
});
