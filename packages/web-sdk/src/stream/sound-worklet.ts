/**
 * Source of the AudioWorklet processor that plays decoded sound. It runs in the browser's audio thread, where nothing of the
 * bundle is, so it is text. Packets are interleaved stereo; a small buffer evens out their coming, silence costs nothing, and
 * what waits for too long is skipped.
 */
export const soundWorkletSource = `
const startFrames = 960, mostFrames = 3840;
class Sound extends AudioWorkletProcessor {
  constructor() {
    super();
    this.parts = []; this.at = 0; this.waiting = 0; this.playing = false;
    this.port.onmessage = ({ data }) => {
      this.parts.push(data); this.waiting += data.length / 2;
      while (this.waiting > mostFrames) { this.waiting -= this.parts.shift().length / 2 - this.at; this.at = 0; }
    };
  }
  process(_inputs, [[left, right]]) {
    if (!this.playing && this.waiting < startFrames) return true;
    this.playing = true;
    for (let i = 0; i < left.length; i += 1) {
      const part = this.parts[0];
      if (part === undefined) { this.playing = false; this.port.postMessage('gap'); return true; }
      left[i] = part[2 * this.at];
      if (right) right[i] = part[2 * this.at + 1];
      this.at += 1; this.waiting -= 1;
      if (2 * this.at >= part.length) { this.parts.shift(); this.at = 0; }
    }
    return true;
  }
}
registerProcessor('cloudstage-sound', Sound);
`;
