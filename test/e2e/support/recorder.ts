import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Product } from './product.js';
import { soundOf } from './tone.js';

/** A program that records from a slot's microphone. */
export interface Recorder {
  /** Loudest sample so far, 0…1. */
  readonly loudest: number;
  stop(): Promise<void>;
}

/** Records from the default source of a slot, as its program would. */
export function recordMicrophone(product: Product, slotIndex: number): Recorder {
  const child = spawn('parec', ['--raw', '--format=s16le', '--rate=48000', '--channels=1', '--latency-msec=20'], {
    env: soundOf(product, slotIndex),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  let loudest = 0;
  let rest = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    const bytes = Buffer.concat([rest, chunk]);
    const samples = bytes.length >> 1;
    for (let index = 0; index < samples; index += 1)
      loudest = Math.max(loudest, Math.abs(bytes.readInt16LE(2 * index)) / 32_768);
    rest = bytes.subarray(2 * samples);
  });
  return {
    get loudest() {
      return loudest;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
