import type { Logger } from 'pino';
import type { StreamerEvents } from '../links/streamer-link.js';
import type { X11Display } from '../x11/display.js';
import type { Control, StreamControl } from './control/contract.js';
import type { AudioPipeline, EncodedSound, PcmSound } from './media/audio-pipeline.js';
import type { WallClock } from './media/clock.js';
import type { Microphone } from './media/microphone.js';
import type { VideoPipelineDeps } from './media/video-contract.js';
import type { VideoPipeline } from './media/video-pipeline.js';
import type { LivePush, PushEvents } from './publish/live-push.js';
import type { Recording, RecordingEvents } from './record/recording.js';
import type { VideoCodec } from './video-codec.js';
import type { MainWindowKeeper } from './window/main-window.js';

/** Everything a streamer is composed of; built in `main.ts`. */
export interface StreamerDeps {
  readonly display: X11Display;
  readonly clock: WallClock;
  readonly logger: Logger;
  readonly loopbackAddress: string;
  /** What this node encodes fast enough. */
  readonly codecs: readonly VideoCodec[];
  readonly cpuUsagePercent: () => number;
  readonly createVideo: (events: Pick<VideoPipelineDeps, 'onPicture' | 'shouldHold'>) => VideoPipeline;
  readonly createAudio: (onSound: (sound: EncodedSound) => void, onPcm: (sound: PcmSound) => void) => AudioPipeline;
  readonly createPush: (events: PushEvents) => LivePush;
  readonly createRecording: (events: RecordingEvents) => Recording;
  readonly microphone: Microphone;
  readonly mainWindow: MainWindowKeeper;
  readonly createControl: (stream: StreamControl) => Control;
  readonly drawCursor: (video: VideoPipeline, enabled: boolean) => void;
  readonly emit: <K extends keyof StreamerEvents>(event: K, payload: StreamerEvents[K]) => void;
}
