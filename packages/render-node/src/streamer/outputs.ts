import type { PublishState } from '@cloudstage/protocol';
import type { StreamerDeps } from './deps.js';
import type { PcmSound } from './media/audio-pipeline.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { LivePush } from './publish/live-push.js';
import type { Recording } from './record/recording.js';

/** What outputs ask of the streamer. */
export interface OutputEvents {
  /** `urgent`: somebody has no picture at all yet. */
  readonly requestKeyFrame: (urgent: boolean) => void;
  /** Encodes the present screen though it has not changed. */
  readonly refreshPicture: () => void;
  readonly onPushState: (state: PublishState, message: string) => void;
}

/** Where pictures and sound go beside the peers: a live push and a recording. */
export interface Outputs {
  readonly push: LivePush;
  readonly recording: Recording;
  /** Pictures and sound are wanted, whoever else wants them. */
  active(): boolean;
  onPicture(picture: EncodedPicture): void;
  onSound(sound: PcmSound): void;
  /** Ends both in order. Idempotent. */
  stop(): Promise<void>;
}

/** Creates the outputs of a streamer; nothing is sent or written before they are told to. */
export function createOutputs(
  { createPush, createRecording }: Pick<StreamerDeps, 'createPush' | 'createRecording'>,
  { requestKeyFrame, refreshPicture, onPushState }: OutputEvents,
): Outputs {
  const push = createPush({ requestKeyFrame, refreshPicture, onState: onPushState });
  const recording = createRecording({ requestKeyFrame });
  return {
    push,
    recording,
    active: () => push.active || recording.active,
    onPicture: (picture) => {
      push.onPicture(picture);
      recording.onPicture(picture);
    },
    onSound: (sound) => {
      push.onSound(sound);
      recording.onSound(sound);
    },
    stop: async () => {
      await Promise.all([push.stop(), recording.stop()]);
    },
  };
}
