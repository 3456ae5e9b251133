import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';
import { imageTypeOf } from './image-type.js';
import { type RunSettingsSource, runSettingsOf } from './run-settings.js';

describe('durations', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 's', '-1', '1.5h', '30 s', '10ms', '1d', '1e3', '99999999999'])('%j is none', (text) =>
    expect(parseDuration(text)).toBeNull(),
  );

  it('are written in seconds', () => expect(formatDuration(120_000)).toBe('120s'));
});

describe('pictures', () => {
  it.each([
    ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]],
    ['image/jpeg', [0xff, 0xd8, 0xff, 0xe0]],
    ['image/webp', [...Buffer.from('RIFF'), 1, 2, 3, 4, ...Buffer.from('WEBP')]],
    [null, [...Buffer.from('GIF89a')]],
    [null, [...Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]],
    [null, [0x89, 0x50, 0x4e, 0x47]],
    [null, []],
  ])('%s', (type, bytes) => expect(imageTypeOf(Uint8Array.from(bytes))).toBe(type));
});

describe('settings of a session', () => {
  const source: RunSettingsSource = {
    width: 1920,
    height: 1080,
    fps: 30,
    minBitrateBps: 1,
    maxBitrateBps: 2,
    disabledVideoCodecs: ['VP9'],
    pushGopMs: 4_000,
    upstreamAudioOption: 'DisableMixIntoStreamPush',
    isRecorded: true,
    xrMaxWidth: 1001,
    projectParameters: '-a',
    backgroundImageId: 'cf-00000000',
    applicationKind: 'Application3D',
  };

  it('are those of the project', () => {
    expect(runSettingsOf(source)).toEqual({
      stream: {
        width: 1920,
        height: 1080,
        fps: 30,
        minBitrateBps: 1,
        maxBitrateBps: 2,
        disabledVideoCodecs: ['VP9'],
        publishKeyFrameIntervalMs: 4_000,
        publishIncludesMicrophone: false,
        isRecorded: true,
      },
      parameters: '-a',
      backgroundImageId: 'cf-00000000',
    });
    expect(runSettingsOf({ ...source, upstreamAudioOption: '' }).stream.publishIncludesMicrophone).toBe(true);
  });

  it('keep XR programs, and only those, within their width, in proportion and even', () => {
    const xr = { ...source, applicationKind: 'ApplicationXR' };
    expect(runSettingsOf(xr).stream).toMatchObject({ width: 1000, height: 562 });
    expect(runSettingsOf({ ...xr, xrMaxWidth: 0 }).stream).toMatchObject({ width: 1920, height: 1080 });
    expect(runSettingsOf({ ...xr, xrMaxWidth: 5_000 }).stream).toMatchObject({ width: 1920, height: 1080 });
  });
});
