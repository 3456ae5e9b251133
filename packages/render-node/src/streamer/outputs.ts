import type { PublishState, StreamSettings } from '@cloudstage/protocol';
import type { StreamerDeps } from './deps.js';
import type { PcmSound } from './media/audio-pipeline.js';
import { createSpeechMix } from './media/speech-mix.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { LivePush } from './publish/live-push.js';
import type { Recording } from './record/recording.js';
import type { VideoCodec } from './video-codec.js';

/** FLV and our MP4 files carry H.264, whatever clients get; the streamer encodes it while an output is active. */
export const outputCodec: VideoCodec = 'H264';

/** What outputs ask of the streamer. */
export interface OutputEvents {
  /** `urgent`: somebody has no picture at all yet. */
  readonly requestKeyFrame: (urgent: boolean) => void;
  /** Encodes the present screen though it has not changed. */
  readonly refreshPicture: () => void;
  readonly onPushState: (state: PublishState, message: string) => void;
}

/** Where pictures and sound go beside the peers: a live push and a recording; and what users say, which goes to the program and into both. */
export interface Outputs {
  readonly push: LivePush;
  readonly recording: Recording;
  /** A session begins: its users are heard. Their voices are part of the live push if the settings say so, of a recording always. */
  begin(settings: Pick<StreamSettings, 'publishIncludesMicrophone'>): void;
  /** Pictures and sound are wanted, whoever else wants them. */
  active(): boolean;
  onPicture(picture: EncodedPicture): void;
  onSound(sound: PcmSound): void;

  /** Ends both in order, and the microphone. Idempotent. */
  stop(): Promise<void>;
}

/** Creates the outputs of a streamer; nothing is sent or written before they are told to. */
export function createOutputs(
  { createPush, createRecording, microphone }: Pick<StreamerDeps, 'createPush' | 'createRecording' | 'microphone'>,
  { requestKeyFrame, refreshPicture, onPushState }: OutputEvents,
): Outputs {
  const push = createPush({ requestKeyFrame, refreshPicture, onState: onPushState });
  const recording = createRecording({ requestKeyFrame });
  const speech = createSpeechMix();
  let withMicrophone = false;
  microphone.onSpeech(speech.onSpeech);
  return {
    push,
    recording,
    begin: ({ publishIncludesMicrophone }) => {
      withMicrophone = publishIncludesMicrophone;
      microphone.start();
    },
    active: () => push.active || recording.active,
    onPicture: (picture) => {
      if (picture.codec !== outputCodec) return;
      push.onPicture(picture);
      recording.onPicture(picture);
    },
    onSound: (sound) => {
      const mixed = { ...sound, samples: speech.mix(sound.samples) };
      push.onSound(withMicrophone ? mixed : sound);
      recording.onSound(mixed);
    },
    stop: async () => {
      microphone.stop();
      await Promise.all([push.stop(), recording.stop()]);
    },
  };
}
