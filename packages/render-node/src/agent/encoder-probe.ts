import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { agentLimits } from './limits.js';

/** A node without any of these has no card that we know how to use. */
const devices = ['/dev/nvidiactl'] as const;

/**
 * Encoders of graphics cards that work on this machine, by FFmpeg's names. Asked once at the start of a node: a process makes pictures with each, so that a
 * driver that crashes or hangs takes nothing else along. Never rejects: what cannot be found out does not work.
 * @param entry JavaScript file of the probe
 */
export async function probeEncoders(
  entry: string,
  logger: Pick<Logger, 'info' | 'warn'>,
  paths: readonly string[] = devices,
): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!found.includes(true)) return [];
  try {
    const options = { timeout: agentLimits.encoderProbeMs, killSignal: 'SIGKILL', maxBuffer: 4_096 } as const;
    const { stdout } = await promisify(execFile)(process.execPath, [entry], options);
    const encoders = stdout.split('\n').filter((line) => /^[a-z0-9_]{1,32}$/.test(line));
    logger.info({ encoders }, 'encoders of graphics cards');
    return encoders;
  } catch (error) {
    logger.warn({ err: error }, 'the probe of graphics cards failed; pictures are encoded in software');
    return [];
  }
}
