import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { RenderNodeConfig } from '../config.js';
import { agentLimits } from './limits.js';

/** Encoders of graphics cards, best first, each with the device without which nobody is asked: a folder and what a name in it looks like. */
const cards = [
  { encoder: 'h264_nvenc', folder: '/dev', device: /^nvidiactl$/ },
  { encoder: 'h264_qsv', folder: '/dev/dri', device: /^renderD\d+$/ },
  { encoder: 'h264_vaapi', folder: '/dev/dri', device: /^renderD\d+$/ },
] as const;

const av1 = 'libaom_av1';

/** See {@link findEncoders}. */
export interface EncoderProbeParts {
  /** JavaScript file of the probe. */
  readonly entry: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Time that one encoder gets; default: that of the limits. */
  readonly deadlineMs?: number;
  /** Names in a folder; none for a folder that is not there. */
  readonly list?: (folder: string) => Promise<readonly string[]>;
}

const listFolder = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** Whether a process of its own has made pictures with the encoder. */
async function works(parts: EncoderProbeParts, encoder: string, ...more: string[]): Promise<boolean> {
  const { entry, logger, deadlineMs = agentLimits.encoderProbeMs } = parts;
  try {
    const options = { timeout: deadlineMs, killSignal: 'SIGKILL', maxBuffer: 4_096 } as const;
    const { stdout } = await promisify(execFile)(process.execPath, [entry, encoder, ...more], options);
    return stdout.split('\n').includes(encoder);
  } catch (error) {
    logger.warn({ err: error, encoder }, 'the probe of this encoder failed; it is not used');
    return false;
  }
}

/**
 * Encoders that work on this machine besides those of every node. Asked once at the start of a node: a process for each makes pictures with it, so that
 * a driver that crashes or hangs takes nothing else along. Never rejects: what cannot be found out does not work.
 * @returns FFmpeg's names of encoders of graphics cards, best first, and `libaom_av1` where AV1 is encoded in real time
 */
export async function findEncoders(
  { encoder, av1: wanted }: Pick<RenderNodeConfig, 'encoder' | 'av1'>,
  parts: EncoderProbeParts,
): Promise<readonly string[]> {
  const list = parts.list ?? listFolder;
  const candidates: string[][] = [];
  for (const card of encoder === 'software' ? [] : cards) {
    if ((await list(card.folder)).some((name) => card.device.test(name))) candidates.push([card.encoder]);
  }
  if (wanted !== 'off') candidates.push(wanted === 'on' ? [av1, 'untimed'] : [av1]);
  const found: string[] = [];
  // One after the other: some of them are timed, and two may want the same card.
  for (const [name = '', ...more] of candidates) if (await works(parts, name, ...more)) found.push(name);
  parts.logger.info({ encoders: found }, 'encoders besides those of every node');
  return found;
}
