import { type CodecLab, type LabEncoder, openCodecLab } from '@cloudstage/render-node/testing/codec-lab';
import { ssim } from '../page/ssim.js';
import { mean, percentilesOf } from '../percentiles.js';
import { createGame, createMotion, createText, type Draw } from './contents.js';

/** What the encoders of H.264 make of contents that follow each other, as a path of exactly the bitrate would show it. */

const size = { width: 1_280, height: 720, threads: 2 } as const;
const likenessEvery = 10;

/** A content that moves or stands for a number of pictures. */
interface Scene {
  readonly content: 'text' | 'game' | 'motion';
  readonly pictures: number;
  readonly moves: boolean;
}

const text = (pictures: number, moves: boolean): Scene => ({ content: 'text', pictures, moves });
const game = (pictures: number): Scene => ({ content: 'game', pictures, moves: true });
const motion = (pictures: number): Scene => ({ content: 'motion', pictures, moves: true });

/** Sequences: a page that scrolls from the first picture on; one that stands, scrolls and stands; a game; one that cannot be predicted; hard changes. */
const sequences: Readonly<Record<string, readonly Scene[]>> = {
  scroll: [text(120, true)],
  'stand, scroll': [text(60, false), text(120, true), text(30, false)],
  game: [game(120)],
  motion: [motion(120)],
  changes: [text(60, false), game(40), text(40, true), game(40), text(40, false)],
};
const encoders = ['H264', 'H264-ours', 'H264-vbv'] as const satisfies readonly LabEncoder[];

/** Sums of one sequence. */
interface Shown {
  readonly likeness: number[];
  /** From capture to the last bit at the other end of a path of the bitrate, milliseconds. */
  readonly delayMs: number[];
  bits: number;
  cpuMs: number;
}

const drawers: Readonly<Record<Scene['content'], Draw>> = {
  text: createText(size.width, size.height),
  game: createGame(size.width, size.height),
  motion: createMotion(size.width, size.height),
};

async function show(lab: CodecLab, scenes: readonly Scene[], fps: number, bitrateBps: number): Promise<Shown> {
  const shown: Shown = { likeness: [], delayMs: [], bits: 0, cpuMs: 0 };
  const original = new Uint8Array(size.width * size.height);
  let [position, queuedBits, index] = [0, 0, 0];
  for (const { content, pictures, moves } of scenes) {
    const draw = drawers[content];
    for (const end = index + pictures; index < end; index++) {
      if (moves) position++;
      const atUs = Math.round((index * 1_000_000) / fps);
      const { bytes, cpuMs, luma } = await lab.take((planes, strides) => draw(planes, strides, position), atUs, false);
      queuedBits = Math.max(0, queuedBits - bitrateBps / fps) + bytes * 8;
      shown.delayMs.push((queuedBits / bitrateBps) * 1_000);
      shown.bits += bytes * 8;
      shown.cpuMs += cpuMs;
      if (index % likenessEvery !== likenessEvery - 1) continue;
      draw([original], [size.width], position);
      shown.likeness.push(ssim(original, luma, size.width));
    }
  }
  return shown;
}

/** A line of the table. */
async function line(name: string, scenes: readonly Scene[], encoder: LabEncoder, megabits: number, fps: number) {
  const bitrateBps = megabits * 1_000_000;
  const lab = await openCodecLab(encoder, { ...size, fps, bitrateBps });
  try {
    const { likeness, delayMs, bits, cpuMs } = await show(lab, scenes, fps, bitrateBps);
    const count = delayMs.length;
    const { p50, p95 } = percentilesOf(delayMs);
    const delays = [p50 ?? 0, p95 ?? 0, Math.max(...delayMs)].map((ms) => ms.toFixed(0));
    const sent = ((bits / count) * fps * 1e-6).toFixed(2);
    const cells = [name, megabits, encoder, mean(likeness).toFixed(3), sent, (cpuMs / count).toFixed(1), ...delays];
    return `| ${cells.join(' | ')} |\n`;
  } finally {
    lab.close();
  }
}

/** Prints one line a sequence, bitrate and encoder; encoders take turns. */
export async function benchScenes(rates: readonly number[], fps: number): Promise<void> {
  const heads = ['sequence', 'Mbit/s', 'encoder', 'SSIM', 'sent, Mbit/s', 'cpu ms', 'delay p50', 'p95', 'most'];
  process.stdout.write(`| ${heads.join(' | ')} |\n|${heads.map(() => '---|').join('')}\n`);
  for (const [name, scenes] of Object.entries(sequences))
    for (const megabits of rates)
      for (const encoder of encoders) process.stdout.write(await line(name, scenes, encoder, megabits, fps));
}
