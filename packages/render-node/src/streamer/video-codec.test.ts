import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonCodecs, rankCodecs, socketCodec, type VideoCodec, videoCodecs } from './video-codec.js';

const rank = (
  preferred: string[] | null,
  disabled: string[] = [],
  running: VideoCodec[] = [],
  available: readonly VideoCodec[] = videoCodecs,
) => rankCodecs({ preferredCodecList: preferred, disabledVideoCodecs: disabled, running, available }).join(' ');

describe('rankCodecs', () => {
  it.each([
    ['nobody wishes anything', null, [], [], 'H264 VP8'],
    ['an empty list', [], [], [], 'H264 VP8'],
    ['in the order of the client', ['VP8', 'H264'], [], [], 'VP8 H264'],
    ['a decoder has failed', ['VP8'], [], ['H264'], 'VP8'],
    ['ours are among others', ['H265', 'h.264', 'VP9'], [], [], 'H264'],
    ['none of ours', ['H265', 'VP9'], [], [], 'H264 VP8'],
    ['AV1 for those who ask for it', ['av1'], [], [], 'AV1 H264 VP8'],
    ['AV1 in a binding list', ['AV1', 'VP8'], [], [], 'AV1 VP8'],
    ['AV1 is disabled', ['AV1'], ['AV1'], [], 'H264 VP8'],
    ['AV1 runs for others only', null, [], ['AV1'], 'H264 VP8'],
    ['what runs anyway comes first', ['H264', 'VP8'], [], ['VP8'], 'VP8 H264'],
    ['what runs does not override the list', ['H264'], [], ['VP8'], 'H264'],
    ['disabled', null, ['h.264'], ['H264'], 'VP8'],
    ['the only wish is disabled', ['VP8'], ['VP8'], [], ''],
    ['everything is disabled', null, ['H264', 'VP8'], [], ''],
  ] as [string, string[] | null, string[], VideoCodec[], string][])(
    '%s',
    (_what, preferred, disabled, running, ranked) => {
      expect(rank(preferred, disabled, running)).toBe(ranked);
    },
  );

  it('gives the next codec of the list where the machine cannot make AV1', () => {
    expect(rank(['AV1'], [], [], commonCodecs)).toBe('H264 VP8');
    expect(rank(['AV1', 'VP8'], [], [], commonCodecs)).toBe('VP8');
  });

  it('gives what fails at the moment to nobody who takes another', () => {
    const rankFailing = (preferredCodecList: string[] | null) =>
      rankCodecs({
        ...{ preferredCodecList, disabledVideoCodecs: [], running: ['H264'], available: videoCodecs },
        failing: ['H264'],
      }).join(' ');
    expect(rankFailing(null)).toBe('VP8 H264');
    expect(rankFailing(['H264'])).toBe('H264');
  });

  it('never gives a disabled codec, never one twice, and only what a binding list names', () => {
    const names = fc.array(fc.oneof(fc.constantFrom('H264', 'h.264', 'VP8', 'vp8', 'VP9', 'AV1'), fc.string()), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(names, names, fc.subarray([...videoCodecs]), (preferred, disabled, running) => {
        const ranked = rankCodecs({
          ...{ preferredCodecList: preferred, disabledVideoCodecs: disabled, running },
          available: videoCodecs,
        });
        expect(new Set(ranked).size).toBe(ranked.length);
        const plain = (list: string[]) => list.map((name) => name.replace(/[^a-z0-9]/gi, '').toUpperCase());
        for (const codec of ranked) expect(plain(disabled)).not.toContain(codec);
        const ours = plain(preferred).filter((name) => (videoCodecs as readonly string[]).includes(name));
        const binding = ours.some((name) => (commonCodecs as readonly string[]).includes(name));
        if (binding) for (const codec of ranked) expect(ours).toContain(codec);
        if (!ours.includes('AV1')) expect(ranked).not.toContain('AV1');
      }),
    );
  });
});

it('gives a WebSocket the best common codec of a ranking', () => {
  expect(socketCodec(['AV1', 'VP8', 'H264'])).toBe('VP8');
  expect(socketCodec(['AV1'])).toBe('H264');
});
