import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { hostLimits } from './limits.js';

const buildScript = fileURLToPath(new URL('../../native/build.mjs', import.meta.url));
const builtPath = fileURLToPath(new URL('../../native/build/framepace.so', import.meta.url));

function build(): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [buildScript], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: hostLimits.buildNativeMs,
      killSignal: 'SIGKILL',
    });
    let message = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      message = (message + chunk).slice(-2_000);
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(message.trim()));
  });
}

/**
 * Makes the frame pacer readable for programs: builds it when needed and copies it into `runDir` (the checkout may be closed
 * to slot users).
 * @returns its path, or null when it cannot be built: programs then draw as fast as they can, which the log says.
 */
export async function provideFramePacer(runDir: string, logger: Logger): Promise<string | null> {
  const message = existsSync(builtPath) ? '' : await build();
  if (!existsSync(builtPath)) {
    logger.warn({ message }, 'no frame pacer: programs may take every core; install gcc and libc6-dev');
    return null;
  }
  const path = join(runDir, 'framepace.so');
  const temporary = `${path}.${process.pid}`;
  await copyFile(builtPath, temporary);
  await chmod(temporary, 0o444);
  await rename(temporary, path);
  return path;
}
