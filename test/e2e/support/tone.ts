import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { runDirOf } from '@cloudstage/bench';
import type { Product } from './product.js';

const sampleRate = 48_000;

/** One second of a 400 Hz tone on the left, and silence on the right: 16 bit, interleaved. */
function leftOnly(): Buffer {
  const samples = Buffer.alloc(sampleRate * 4);
  for (let i = 0; i < sampleRate; i += 1)
    samples.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * 400 * i) / sampleRate)), i * 4);
  return samples;
}

/** Environment of a client of a slot's sound server. */
export const soundOf = (product: Product, slotIndex: number): NodeJS.ProcessEnv => ({
  ...process.env,
  PULSE_SERVER: `unix:${runDirOf(product.dataDir)}/slot-${slotIndex}/sound/native`,
});

/** Plays a tone on the left of a slot's sound until it is stopped. */
export function playLeft(product: Product, slotIndex: number): { stop(): Promise<void> } {
  const player = spawn('pacat', ['--raw', '--format=s16le', `--rate=${sampleRate}`, '--channels=2'], {
    env: soundOf(product, slotIndex),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = once(player, 'exit');
  const second = leftOnly();
  const source = new Readable({
    read() {
      this.push(second);
    },
  });
  // The pipe breaks when the player is stopped.
  player.stdin.on('error', () => undefined);
  source.pipe(player.stdin);
  return {
    stop: async () => {
      source.unpipe().destroy();
      player.kill('SIGKILL');
      await exited;
    },
  };
}
