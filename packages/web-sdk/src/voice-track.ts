/** What carries a voice: the sender of a peer connection, or an encoder in front of a WebSocket. */
export interface VoiceSink {
  /** Sends `track` from now on; null: nothing. Rejects when it cannot. */
  replaceTrack(track: MediaStreamTrack | null): Promise<void>;
}

/** What the page's user says, on whichever connection there is. */
export interface VoiceTrack {
  /** Sends `track` on the present connection and on later ones; null: nothing. Rejects when the present one cannot; then later ones do not either. */
  send(track: MediaStreamTrack | null): Promise<void>;
  /** A new connection's sink. */
  attach(sink: VoiceSink): void;
}

/** Creates the voice of one page. `onFailed`: a new connection cannot carry the track that is being sent. */
export function createVoiceTrack(onFailed: (error: unknown) => void): VoiceTrack {
  let track: MediaStreamTrack | null = null;
  let sink: VoiceSink | null = null;
  return {
    async send(next) {
      track = next;
      try {
        await sink?.replaceTrack(next);
      } catch (error) {
        if (track === next) track = null;
        throw error;
      }
    },
    attach(next) {
      sink = next;
      if (track === null) return;
      next.replaceTrack(track).catch((error: unknown) => {
        // One that another has taken the place of need not work any more.
        if (sink === next) onFailed(error);
      });
    },
  };
}
