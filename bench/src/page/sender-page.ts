import { motionFrame } from '../stamp/motion.js';
import { encodeStamp, stampRectangles, toStampUs } from '../stamp/stamp-code.js';
import { measureWallClockOffset } from './frames.js';
import type { SenderPage } from './impairment-contract.js';
import { withDeadline } from './waiting.js';

/** Runs in a browser of its own: sends the picture of the stamp program as a page would, from a canvas. */

type SenderOptions = Parameters<SenderPage['answer']>[1];

const noInput = { inputSeq: 0, inputAtUs: 0, inputKind: 'none', inputDetail: 0, pointerX: 0, pointerY: 0 } as const;

function fillAll(context: CanvasRenderingContext2D, colour: string, rectangles: readonly number[]): void {
  context.fillStyle = colour;
  for (let at = 0; at < rectangles.length; at += 4) {
    const [x = 0, y = 0, width = 0, height = 0] = rectangles.slice(at, at + 4);
    context.fillRect(x, y, width, height);
  }
}

/** Draws on a fixed beat; a beat that is late by more than one is left out, as in the stamp program. */
function drawForever(canvas: HTMLCanvasElement, { width, height, fps }: SenderOptions): void {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('the page has no canvas');
  const wallOffsetMs = measureWallClockOffset();
  const intervalMs = 1_000 / fps;
  const startMs = performance.now();
  let [frame, next] = [0, 1];
  const tick = () => {
    const nowMs = performance.now();
    const drawnAtUs = toStampUs(nowMs + wallOffsetMs);
    fillAll(context, '#000', [0, 0, width, height]);
    for (const { colour, rectangles } of motionFrame(frame, width, height)) {
      fillAll(context, `#${colour.toString(16).padStart(6, '0')}`, rectangles);
    }
    fillAll(context, '#fff', stampRectangles(encodeStamp({ ...noInput, drawnAtUs, frame })));
    frame = (frame + 1) & 0xffff;
    next = Math.max(next + 1, Math.floor((nowMs - startMs) / intervalMs) + 1);
    setTimeout(tick, Math.max(0, startMs + next * intervalMs - performance.now()));
  };
  tick();
}

async function answer(connection: RTCPeerConnection, offer: string, options: SenderOptions): Promise<string> {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: options.width, height: options.height });
  document.getElementById('mount')?.append(canvas);
  drawForever(canvas, options);
  const [track] = canvas.captureStream(options.fps).getVideoTracks();
  if (!track) throw new Error('the canvas gives no track');
  track.contentHint = 'motion';
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  const sender = connection.addTrack(track);
  await connection.setLocalDescription();
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) {
    Object.assign(encoding, { maxBitrate: options.maxBitrateBps, maxFramerate: options.fps });
  }
  await sender.setParameters(parameters);
  await withDeadline<void>('candidates', 10_000, (resolve) => {
    const look = () => connection.iceGatheringState === 'complete' && resolve();
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
  return connection.localDescription?.sdp ?? '';
}

async function describe(connection: RTCPeerConnection): Promise<string> {
  for (const stat of (await connection.getStats()).values()) {
    if (stat.type !== 'outbound-rtp') continue;
    const held = Object.entries((stat.qualityLimitationDurations ?? {}) as Record<string, number>);
    const times = held.filter(([, seconds]) => seconds > 0).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
    return `${stat.encoderImplementation ?? 'an encoder without a name'}; held back by: ${times.join(', ')}`;
  }
  return 'nothing was sent';
}

function createSenderPage(): SenderPage {
  const connection = new RTCPeerConnection();
  return {
    answer: (offer, options) => answer(connection, offer, options),
    describe: () => describe(connection),
  };
}

window.sender = createSenderPage();
