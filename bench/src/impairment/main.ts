import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { runBench } from '../bench-main.js';
import { launchBrowser } from '../run-case.js';
import { addProject } from '../sessions.js';
import { openStampProduct } from '../stamp-product.js';
import { parseImpairmentOptions } from './cases.js';
import { drawRuns } from './charts.js';
import { type CaseReport, formatCaseReport } from './report.js';
import { type Run, type RunContext, runSender } from './run-sender.js';

const maxBitrateMbps = 20;
/** Timers of pages that nobody looks at must not be slowed down, and the sender's address must be an address. */
const browserArgs = [
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
];

async function openContext(
  options: ReturnType<typeof parseImpairmentOptions>,
  cleanups: (() => Promise<unknown>)[],
): Promise<RunContext> {
  const { product, site, applicationId } = await openStampProduct(cleanups, options.verbose);
  const { width, height, fps } = options;
  const projectId = await addProject(product, applicationId, {
    name: 'impairment',
    width,
    height,
    fps,
    maxBitrateMbps,
  });
  const receiver = await launchBrowser(browserArgs);
  cleanups.push(() => receiver.close());
  const maxBitrateBps = maxBitrateMbps * 1_000_000;
  return {
    ...{ product, projectId, receiver, siteUrl: site.url, maxBitrateBps },
    launchSender: () => launchBrowser(browserArgs),
  };
}

/**
 * `npm run bench:impairment`: plays a moving picture over paths with trouble, by the product and by two baselines in turn, and prints a table
 * with the goals for each path.
 * @see docs/performance.md
 */
async function run(args: readonly string[], cleanups: (() => Promise<unknown>)[]): Promise<void> {
  const options = parseImpairmentOptions(args);
  const context = await openContext(options, cleanups);
  const reports: (CaseReport & { readonly load: number })[] = [];
  for (const settings of options.cases) {
    const runs: Run[] = [];
    for (const sender of options.senders) runs.push(await runSender(context, settings, sender, options));
    const report = { settings, runs: runs.map(({ run: one }) => one) };
    reports.push({ ...report, load: loadavg()[0] ?? 0 });
    if (!options.json) process.stdout.write(`${formatCaseReport(report)}\nload ${loadavg()[0]?.toFixed(1)}\n\n`);
    if (options.svg) await writeFile(options.svg.replace('%', settings.name), drawRuns(settings, options, runs));
  }
  if (options.json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
}

runBench('bench:impairment', run);
