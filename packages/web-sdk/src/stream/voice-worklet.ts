/**
 * Source of the AudioWorklet processor that hands the microphone's samples to the page in pieces of 10 ms. It runs in the browser's audio
 * thread, where nothing of the bundle is, so it is text. The graph has mixed its input down to one channel.
 */
export const voiceWorkletSource = `
const pieceFrames = Math.round(sampleRate / 100);
class Voice extends AudioWorkletProcessor {
  constructor() { super(); this.begin(); }
  begin() { this.piece = new Float32Array(pieceFrames); this.at = 0; }
  process([[samples]]) {
    // Without a source there is no channel.
    for (const sample of samples ?? []) {
      this.piece[this.at] = sample;
      this.at += 1;
      if (this.at < pieceFrames) continue;
      this.port.postMessage(this.piece, [this.piece.buffer]);
      this.begin();
    }
    return true;
  }
}
registerProcessor('cloudstage-voice', Voice);
`;
