import type { MediaStats, WebrtcStats } from '@cloudstage/client-core';
import { type LatencyReport, latencyLegs } from '@cloudstage/protocol';

/** One row for each leg that was measured; the whole way has a row of its own. */
function legRows(account: LatencyReport): (readonly [string, string])[] {
  return latencyLegs.flatMap((leg) => {
    const measured = account[leg];
    if (measured === undefined || leg === 'capture_to_present') return [];
    return [[`· ${leg.replaceAll('_', ' ')}`, `${measured.p50} ms (p95 ${measured.p95} ms)`] as const];
  });
}

/** Rows of the statistics panel, as label and text. PURE. */
export function statsRows(webrtc: WebrtcStats, media: MediaStats): readonly (readonly [string, string])[] {
  const { videoStats, audioStats } = media;
  const latency = webrtc.capture_to_present_ms;
  return [
    ['Video', `${videoStats.codec} ${videoStats.width}×${videoStats.height}`],
    ['FPS', String(webrtc.fps)],
    ['Bitrate', `${videoStats.bit_rate.toFixed(2)} Mbps`],
    ['RTT', `${webrtc.rtt} ms (stun ${webrtc.raw_rtt} ms)`],
    ['Decode + buffer', `${webrtc.delay} ms`],
    ['Capture → present', latency === undefined ? '–' : `${latency.p50} ms (p95 ${latency.p95} ms)`],
    ...legRows(webrtc.latency_ms ?? {}),
    ['Packet loss', `${webrtc.packet_lost} / ${webrtc.packet_received}`],
    ['NACK', String(webrtc.nack)],
    ['Audio', `${audioStats.codec} ${Math.round(audioStats.bit_rate * 1000)} kbps`],
    ['Server CPU / GPU', `${webrtc.cpu} % / ${webrtc.gpu} %`],
  ];
}

/** Fills the panel. */
export function renderStats(panel: HTMLElement, rows: readonly (readonly [string, string])[]): void {
  panel.replaceChildren(
    ...rows.map(([label, text]) => {
      const row = document.createElement('div');
      row.className = 'qcloud-stat-row';
      const left = document.createElement('div');
      left.className = 'qcloud-stat-left';
      left.textContent = label;
      const right = document.createElement('div');
      right.className = 'qcloud-stat-right';
      right.textContent = text;
      row.append(left, right);
      return row;
    }),
  );
}
