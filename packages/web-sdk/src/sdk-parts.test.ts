import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { pngSize } from './dom/cursor-view.js';
import { fitPicture, shownSize } from './dom/layout.js';
import { statsRows } from './dom/stats-panel.js';
import { Emitter } from './emitter.js';
import { joinMovements } from './input/move-sender.js';
import { chunkText } from './sdk-core.js';
import { replyCode, streamProfileFields } from './view-api.js';

describe('shownSize', () => {
  const screen = { width: 1_366, height: 768 };
  it.each([
    ['the whole screen', screen, screen, screen],
    ['half of it, rounded to even sides', { width: 684, height: 384 }, screen, screen],
    [
      'an odd screen, of which a picture has one column less',
      { width: 828, height: 600 },
      { width: 829, height: 600 },
      { width: 829, height: 600 },
    ],
    ['another screen', { width: 1_024, height: 768 }, screen, { width: 1_024, height: 768 }],
    ['a screen not known yet', { width: 640, height: 360 }, null, { width: 640, height: 360 }],
    ['no picture yet', { width: 0, height: 0 }, screen, { width: 0, height: 0 }],
  ])('is of %s', (_what, picture, remote, expected) => {
    expect(shownSize(picture, remote)).toEqual(expected);
  });
});

describe('fitPicture', () => {
  it.each([
    [
      'enlarges to the mount',
      { width: 1920, height: 1080 },
      { width: 1280, height: 720 },
      true,
      { width: 1920, height: 1080 },
    ],
    [
      'keeps the ratio beside a wider mount',
      { width: 1000, height: 360 },
      { width: 1280, height: 720 },
      true,
      { width: 640, height: 360 },
    ],
    [
      'does not enlarge when told so',
      { width: 1920, height: 1080 },
      { width: 640, height: 360 },
      false,
      { width: 640, height: 360 },
    ],
    [
      'shrinks even then',
      { width: 320, height: 1000 },
      { width: 640, height: 360 },
      false,
      { width: 320, height: 180 },
    ],
    [
      'has no size before the first frame',
      { width: 320, height: 100 },
      { width: 0, height: 0 },
      true,
      { width: 0, height: 0 },
    ],
  ])('%s', (_name, box, picture, enlarge, expected) => {
    expect(fitPicture(box, picture, enlarge)).toEqual(expected);
  });
});

describe('chunkText', () => {
  it('keeps the text, in bounded pieces that never split a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 2, max: 9 }), (text, size) => {
        const chunks = chunkText(text, size);
        expect(chunks.join('')).toBe(text);
        for (const [index, chunk] of chunks.entries()) {
          expect(chunk.length).toBeLessThanOrEqual(size);
          const splits = /[\ud800-\udbff]$/.test(chunk) && /^[\udc00-\udfff]/.test(chunks[index + 1] ?? '');
          expect(splits).toBe(false);
        }
      }),
    );
    expect(chunkText('a😀b', 2)).toEqual(['a', '😀', 'b']);
  });

  it('cuts what no server takes', () => {
    expect(chunkText('x'.repeat(400_000)).join('')).toHaveLength(262_144);
    expect(chunkText('')).toEqual([]);
  });
});

describe('joinMovements', () => {
  it('adds distances and replaces positions', () => {
    const delta = { kind: 'delta', x: 1, y: 2 } as const;
    const absolute = { kind: 'absolute', x: 5, y: 6 } as const;
    expect(joinMovements(delta, { ...delta, x: 4 })).toEqual({ kind: 'delta', x: 5, y: 4 });
    expect(joinMovements(absolute, { ...absolute, x: 7 })).toEqual({ kind: 'absolute', x: 7, y: 6 });
    expect(joinMovements(null, delta)).toBe(delta);
  });
});

describe('stream profile', () => {
  const profile = { fps: 60, max_bitrate: 8, video_width: 1280, video_height: 720 };
  it('leaves out what is missing, and turns with the screen', () => {
    expect(streamProfileFields(profile, 0)).toEqual(profile);
    expect(streamProfileFields(profile, 270)).toEqual({ ...profile, video_width: 720, video_height: 1280 });
  });
  it('reads the code of a reply', () => {
    expect(replyCode({ code: 0, msg: '', data: { code: 1 } })).toBe(1);
    expect(replyCode({ code: 0, msg: '', data: {} })).toBe(0);
    expect(replyCode({ code: 1, msg: 'closed' })).toBe(1);
  });
});

it('pngSize reads the header and nothing else', () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  expect(pngSize(png)).toEqual({ width: 1, height: 1 });
  expect(pngSize('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')).toBeNull();
});

it('the panel shows a dash for unknown latency', () => {
  const webrtc = {
    fps: 60,
    rtt: 2,
    raw_rtt: 1,
    delay: 0.5,
    packet_lost: 0,
    packet_received: 9,
    nack: 0,
    cpu: '1',
    gpu: '0',
  };
  const media = {
    videoStats: { codec: 'H264', width: 1280, height: 720, bit_rate: 5 },
    audioStats: { codec: 'opus', bit_rate: 0.1 },
  };
  const text = (rows: ReturnType<typeof statsRows>) => new Map(rows).get('Capture → present');
  expect(text(statsRows(webrtc as never, media as never))).toBe('–');
  const known = { ...webrtc, capture_to_present_ms: { p50: 4.7, p95: 6.6 } };
  expect(text(statsRows(known as never, media as never))).toBe('4.7 ms (p95 6.6 ms)');
});

describe('Emitter', () => {
  const data = { status: 'visible' } as const;

  it('calls handlers in order; removes by index and by identity; once is once', () => {
    const emitter = new Emitter();
    const seen: string[] = [];
    const a = () => seen.push('a');
    emitter.on('VisibilityChange', a);
    const b = emitter.on('VisibilityChange', () => seen.push('b'));
    emitter.on('VisibilityChange', () => seen.push('once'), true);
    emitter.trigger('VisibilityChange', data);
    emitter.trigger('VisibilityChange', data);
    expect(seen).toEqual(['a', 'b', 'once', 'a', 'b']);
    emitter.off('VisibilityChange', a);
    emitter.off('VisibilityChange', b);
    emitter.trigger('VisibilityChange', data);
    expect(seen).toHaveLength(5);
  });

  it('forgets one event, or all', () => {
    const emitter = new Emitter();
    const handler = vi.fn();
    emitter.on('VisibilityChange', handler);
    emitter.on('OrientationChange', handler);
    emitter.offAll('VisibilityChange');
    emitter.trigger('VisibilityChange', data);
    expect(handler).not.toHaveBeenCalled();
    emitter.clear();
    emitter.trigger('OrientationChange', { type: 'portrait' });
    expect(handler).not.toHaveBeenCalled();
  });

  it('a handler that throws does not stop the others, and its error is the page’s', () => {
    vi.useFakeTimers();
    const emitter = new Emitter();
    const after = vi.fn();
    emitter.on('VisibilityChange', () => {
      throw new Error('of the page');
    });
    emitter.on('VisibilityChange', after);
    emitter.trigger('VisibilityChange', data);
    expect(after).toHaveBeenCalledOnce();
    expect(() => vi.runAllTimers()).toThrow('of the page');
    vi.useRealTimers();
  });
});
