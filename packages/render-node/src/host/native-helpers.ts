import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { hostLimits } from './limits.js';

const buildScript = fileURLToPath(new URL('../../native/build.mjs', import.meta.url));
const builtPath = (name: string) => fileURLToPath(new URL(`../../native/build/${name}`, import.meta.url));

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

/** What the agent builds with the machine's compiler; null: it could not be built. */
export interface NativeHelpers {
  /** Preload that paces programs which draw without vertical sync. */
  readonly framePacerPath: string | null;
  /** Program that follows processes by name, see `native/keeper.c`. */
  readonly keeperPath: string | null;
}

async function provide(name: string, runDir: string, mode: number): Promise<string | null> {
  if (!existsSync(builtPath(name))) return null;
  const path = join(runDir, name);
  const temporary = `${path}.${process.pid}`;
  await copyFile(builtPath(name), temporary);
  await chmod(temporary, mode);
  await rename(temporary, path);
  return path;
}

/**
 * Makes the helpers readable for programs: builds them when needed and copies them into `runDir` (the checkout may be closed
 * to slot users). Programs run without those that cannot be built, which the log says.
 */
export async function provideNativeHelpers(runDir: string, logger: Logger): Promise<NativeHelpers> {
  const names = ['framepace.so', 'keeper'];
  const message = names.every((name) => existsSync(builtPath(name))) ? '' : await build();
  const framePacerPath = await provide('framepace.so', runDir, 0o444);
  const keeperPath = await provide('keeper', runDir, 0o555);
  if (framePacerPath === null) {
    logger.warn({ message }, 'no frame pacer: programs may take every core; install gcc and libc6-dev');
  }
  if (keeperPath === null) {
    logger.warn({ message }, 'no keeper: sessions end with their first process; install gcc and libc6-dev');
  }
  return { framePacerPath, keeperPath };
}
