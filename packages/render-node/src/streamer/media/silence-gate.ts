/** What to do with one audio frame. */
export type SilenceDecision = 'send' | 'send-first' | 'skip';

/**
 * Stops sending during digital silence, after a hangover that lets the receiver's decoder fade out. `send-first` marks the
 * first frame after a gap (RTP marker bit, RFC 3551 §4.1). PURE apart from its memory.
 */
export function createSilenceGate(hangoverFrames: number): (silent: boolean) => SilenceDecision {
  // As if silence had lasted for ever: a stream begins with a talk spurt.
  let silentFrames = hangoverFrames;
  let sending = false;
  return (silent) => {
    silentFrames = silent ? silentFrames + 1 : 0;
    if (silent && silentFrames > hangoverFrames) {
      sending = false;
      return 'skip';
    }
    const first = !sending;
    sending = true;
    return first ? 'send-first' : 'send';
  };
}
