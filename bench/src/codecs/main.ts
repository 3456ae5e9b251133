import { parseArgs } from 'node:util';
import { type CodecLab, openCodecLab } from '@cloudstage/render-node/testing/codec-lab';
import { atLeast } from '../arguments.js';
import { runBench } from '../bench-main.js';
import { psnr, ssim } from '../page/ssim.js';
import { mean } from '../percentiles.js';
import { createGame, createText, type Draw } from './contents.js';
import { benchScenes } from './scenes.js';

/**
 * What a picture costs and looks like in each codec, with the encoders as the streamer opens them. Codecs take turns, so that each sees the same
 * machine: what counts is the ratio within one run.
 */

const codecs = ['H264', 'H264-ours', 'H264-vbv', 'VP8', 'AV1'] as const;
type Codec = (typeof codecs)[number];

const size = { width: 1_280, height: 720, fps: 60, threads: 2 } as const;
/** Pictures of one turn: rate control settles, then it is measured, with a key frame at the end. */
const pictures = { warmUp: 40, measured: 90, likenessEvery: 15 } as const;

interface Turn {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly mbps: number;
  /** Longest picture in shares of the mean one. */
  readonly unevenness: number;
  readonly ssim: number;
  readonly psnr: number;
  readonly keyFrameKb: number;
  readonly keyFrameMs: number;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function measure(lab: CodecLab, draw: Draw): Promise<Turn> {
  const original = new Uint8Array(size.width * size.height);
  const take = (index: number, keyFrame: boolean) => {
    const atUs = Math.round((index * 1_000_000) / size.fps);
    return lab.take((planes, strides) => draw(planes, strides, index), atUs, keyFrame);
  };
  for (let index = 0; index < pictures.warmUp; index++) await take(index, false);
  const [cpu, wall, bytes, likeness, noise]: number[][] = [[], [], [], [], []];
  const end = pictures.warmUp + pictures.measured;
  for (let index = pictures.warmUp; index < end; index++) {
    const picture = await take(index, false);
    cpu?.push(picture.cpuMs);
    wall?.push(picture.wallMs);
    bytes?.push(picture.bytes);
    if (index % pictures.likenessEvery !== 0) continue;
    draw([original], [size.width], index);
    likeness?.push(ssim(original, picture.luma, size.width));
    noise?.push(psnr(original, picture.luma));
  }
  const keyFrame = await take(end, true);
  const meanBytes = mean(bytes ?? []);
  return {
    cpuMs: median(cpu ?? []),
    wallMs: median(wall ?? []),
    mbps: (meanBytes * 8 * size.fps) / 1_000_000,
    unevenness: Math.max(...(bytes ?? [])) / meanBytes,
    ssim: mean(likeness ?? []),
    psnr: mean(noise ?? []),
    keyFrameKb: keyFrame.bytes / 1_000,
    keyFrameMs: keyFrame.wallMs,
  };
}

async function turn(codec: Codec, mbps: number, draw: Draw): Promise<Turn> {
  const lab = await openCodecLab(codec, { ...size, bitrateBps: mbps * 1_000_000 });
  try {
    return await measure(lab, draw);
  } finally {
    lab.close();
  }
}

function line(label: string, codec: Codec, turns: readonly Turn[], reference: readonly Turn[]): string {
  const of = (key: keyof Turn) => median(turns.map((entry) => entry[key]));
  const ratio = median(turns.map(({ cpuMs }, round) => cpuMs / (reference[round]?.cpuMs ?? cpuMs)));
  const cells = [
    label,
    codec,
    of('cpuMs').toFixed(1),
    ratio.toFixed(1),
    of('wallMs').toFixed(1),
    of('mbps').toFixed(2),
    of('unevenness').toFixed(1),
    of('ssim').toFixed(3),
    of('psnr').toFixed(1),
    `${of('keyFrameKb').toFixed(0)} / ${of('keyFrameMs').toFixed(0)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      rate: { type: 'string', multiple: true, default: ['1', '4'] },
      scenes: { type: 'boolean', default: false },
      fps: { type: 'string', default: '60' },
    },
  });
  const rounds = atLeast('rounds', values.rounds, 1);
  const rates = values.rate.map((text) => atLeast('rate', text, 0.1));
  if (values.scenes) return benchScenes(rates, atLeast('fps', values.fps, 1));
  const contents = { text: createText(size.width, size.height), game: createGame(size.width, size.height) };
  const heads = [
    'content',
    'codec',
    'cpu ms',
    '× H264',
    'ms',
    'Mbit/s',
    'largest × mean',
    'SSIM',
    'PSNR',
    'key KB / ms',
  ];
  process.stdout.write(`| ${heads.join(' | ')} |\n|${heads.map(() => '---|').join('')}\n`);
  for (const [content, draw] of Object.entries(contents)) {
    for (const mbps of rates) {
      const turns = Object.fromEntries(codecs.map((codec): [Codec, Turn[]] => [codec, []])) as Record<Codec, Turn[]>;
      for (let round = 0; round < rounds; round++) {
        for (const codec of codecs) turns[codec].push(await turn(codec, mbps, draw));
      }
      for (const codec of codecs) {
        process.stdout.write(`${line(`${content}, ${mbps} Mbit/s`, codec, turns[codec], turns.H264)}\n`);
      }
    }
  }
}

runBench('codecs', main);
