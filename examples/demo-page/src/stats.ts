/** Numbers under the picture. PURE. */

/** Texts by field; a dash for what is not known. */
export interface StatsView {
  readonly fps: string;
  readonly rtt: string;
  readonly bitrate: string;
  readonly latency: string;
  readonly resolution: string;
  readonly loss: string;
  readonly codec: string;
}

/** Nothing is known yet. */
export const noStats: StatsView = {
  fps: '–',
  rtt: '–',
  bitrate: '–',
  latency: '–',
  resolution: '–',
  loss: '–',
  codec: '–',
};

type Fields = Readonly<Record<string, unknown>>;

/** Takes one event of the SDK over into the view; fields it does not carry stay as they are. */
export function withStats(view: StatsView, type: string, data: Fields): StatsView {
  if (type === 'webrtc_stats') return { ...view, latency: latencyText(data.capture_to_present_ms) };
  if (type !== 'media_stats') return view;
  const video = fieldsOf(data.videoStats);
  return {
    ...view,
    fps: numberText(video.fps, 0),
    rtt: numberText(video.raw_rtt ?? video.rtt, 0, ' ms'),
    bitrate: numberText(video.bit_rate, 2, ' Mbit/s'),
    resolution: resolutionText(video.width, video.height),
    loss: typeof video.packet_loss_rate === 'number' ? numberText(video.packet_loss_rate * 100, 1, ' %') : '–',
    codec: typeof video.codec === 'string' && video.codec !== '' ? video.codec : '–',
  };
}

function latencyText(value: unknown): string {
  const { p50, p95 } = fieldsOf(value);
  if (typeof p50 !== 'number' || typeof p95 !== 'number') return '–';
  return `${p50.toFixed(1)} / ${p95.toFixed(1)} ms`;
}

function resolutionText(width: unknown, height: unknown): string {
  return typeof width === 'number' && typeof height === 'number' && width > 0 ? `${width}×${height}` : '–';
}

function numberText(value: unknown, digits: number, unit = ''): string {
  return typeof value === 'number' && Number.isFinite(value) ? `${value.toFixed(digits)}${unit}` : '–';
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
