import { mediaLimits } from './limits.js';

/**
 * Adds the users' voices to the program's sound, which is stereo in pieces of the same length. What waits is bounded: the two run
 * on different timers. PURE apart from its memory.
 */
export interface SpeechMix {
  /** A piece of mixed voices, mono. */
  onSpeech(samples: Int16Array): void;
  /** The program's piece with the voices in it: new samples, or the same ones while nobody speaks. */
  mix(samples: Int16Array): Int16Array;
}

/** Creates a mix without voices. */
export function createSpeechMix(): SpeechMix {
  const waiting: Int16Array[] = [];
  return {
    onSpeech: (samples) => {
      if (waiting.length >= mediaLimits.speechQueuePieces) waiting.shift();
      waiting.push(samples);
    },
    mix: (samples) => {
      const speech = waiting.shift();
      if (!speech) return samples;
      return samples.map((sample, index) =>
        Math.max(-32_768, Math.min(32_767, sample + (speech[Math.floor(index / 2)] ?? 0))),
      );
    },
  };
}
