import { stat } from 'node:fs/promises';
import { isAppError } from '@cloudstage/protocol';
import { type Logger, pino } from 'pino';
import { parseMuxConfig } from './config.js';
import { muxLimits } from './limits.js';
import { openPortMux, type PortMux } from './mux.js';

/**
 * Process `port-mux`: `node main.js '<MuxConfig as JSON>'`. Ends with 0 on SIGTERM or SIGINT, and when its run directory
 * has disappeared (nobody can reach it any more); with 1 when it cannot start.
 */

/** Logs which drops happened since the last report, if any: never a line per packet. */
function reportDrops(mux: PortMux, logger: Logger): NodeJS.Timeout {
  let before = JSON.stringify(mux.stats().dropped);
  return setInterval(() => {
    const { dropped, udpFlows, tcpFlows } = mux.stats();
    const now = JSON.stringify(dropped);
    if (now !== before) logger.info({ dropped, udpFlows, tcpFlows }, 'packets dropped since start');
    before = now;
  }, muxLimits.dropReportMs);
}

function watchRunDir(runDir: string, onGone: () => void): NodeJS.Timeout {
  return setInterval(() => {
    stat(runDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') onGone();
    });
  }, muxLimits.runDirCheckMs);
}

async function run(argument: string | undefined): Promise<void> {
  const config = parseMuxConfig(argument);
  const logger = pino({ level: config.logLevel, base: { process: 'port-mux', pid: process.pid } });
  // Before the link serves: whoever can reach the process can also end it properly.
  const asked = Promise.race(
    (['SIGTERM', 'SIGINT'] as const).map((signal) => new Promise<string>((resolve) => process.once(signal, resolve))),
  );
  const mux = await openPortMux(config, logger);
  const { listenAddresses, udpPort, tcpPort } = config;
  logger.info({ listenAddresses, udpPort, tcpPort }, 'port mux listens');
  const drops = reportDrops(mux, logger);
  let watch: NodeJS.Timeout | undefined;
  const orphaned = new Promise<string>((resolve) => {
    watch = watchRunDir(config.runDir, () => resolve('the run directory has disappeared'));
  });
  const reason = await Promise.race([asked, orphaned]);
  clearInterval(drops);
  clearInterval(watch);
  logger.info({ reason }, 'port mux stops');
  await mux.close();
}

run(process.argv[2]).catch((error: unknown) => {
  const message = isAppError(error) ? `${error.code}: ${error.message}` : String(error);
  process.stderr.write(`port-mux: ${message}\n`);
  process.exitCode = 1;
});
