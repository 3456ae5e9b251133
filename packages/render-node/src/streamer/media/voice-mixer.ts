/** Depths in samples at 48 kHz. */
interface Depth {
  /** A voice begins when it has this much: packets of 20 ms come with some jitter. */
  readonly start: number;
  /** More than this has piled up: its clock is faster than ours, or a burst came late. What is older is dropped down to `start`. */
  readonly most: number;
}
const steadyDepth: Depth = { start: 960, most: 4_800 };
/** A page's own thread sends these packets, and TCP brings them in bursts: with the depths above 2 to 7 % of a tone were gaps on a busy machine. */
const burstyDepth: Depth = { start: 2_880, most: 9_600 };

interface Voice {
  samples: Int16Array;
  /** False until it has enough to begin, and again when it has run dry. */
  isPlaying: boolean;
}

/**
 * Mixes voices into one, mono at 48 kHz. Each has a small buffer of its own that takes up jitter and the difference of clocks: at
 * most 100 ms, 200 ms for one that comes in bursts. PURE apart from its memory.
 */
export interface VoiceMixer {
  push(speaker: string, samples: Int16Array, comesInBursts?: boolean): void;
  remove(speaker: string): void;
  /** The next `count` samples; null while nobody speaks. */
  pull(count: number): Int16Array | null;
}

/** Creates a mixer without voices. There are as many as {@link VoiceMixer.push} is given names: the caller bounds them. */
export function createVoiceMixer(): VoiceMixer {
  const voices = new Map<string, Voice>();
  return {
    push: (speaker, samples, comesInBursts = false) => {
      const depth = comesInBursts ? burstyDepth : steadyDepth;
      const voice = voices.get(speaker) ?? { samples: new Int16Array(0), isPlaying: false };
      voices.set(speaker, voice);
      const joined = new Int16Array(voice.samples.length + samples.length);
      joined.set(voice.samples);
      joined.set(samples, voice.samples.length);
      voice.samples = joined.length > depth.most ? joined.slice(joined.length - depth.start) : joined;
      voice.isPlaying ||= voice.samples.length >= depth.start;
    },
    remove: (speaker) => void voices.delete(speaker),
    pull: (count) => {
      let mixed: Int16Array | null = null;
      for (const voice of voices.values()) {
        if (!voice.isPlaying) continue;
        mixed ??= new Int16Array(count);
        const taken = voice.samples.subarray(0, count);
        for (const [index, sample] of taken.entries()) {
          mixed[index] = Math.max(-32_768, Math.min(32_767, (mixed[index] ?? 0) + sample));
        }
        voice.samples = voice.samples.slice(taken.length);
        voice.isPlaying = voice.samples.length > 0;
      }
      return mixed;
    },
  };
}
