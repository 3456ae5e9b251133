import { runBench } from './bench-main.js';
import { parseBenchOptions } from './cases.js';
import { type CaseResult, formatCase } from './report.js';
import { launchBrowser, runCase } from './run-case.js';
import { openStampProduct } from './stamp-product.js';
import { formatGoals, formatRow, tableHead } from './table.js';

/**
 * `npm run bench:latency`: plays the stamp program through the whole product, in a real browser on this machine, and prints one
 * line a case, or a table, and the goals. Writes nothing but to temporary directories.
 * @see docs/performance.md
 */
async function run(args: readonly string[], cleanups: (() => Promise<unknown>)[]): Promise<void> {
  const options = parseBenchOptions(args);
  const { product, site, applicationId } = await openStampProduct(cleanups, options.verbose);
  const browser = await launchBrowser();
  cleanups.push(() => browser.close());
  const results: CaseResult[] = [];
  if (options.table && !options.json) process.stdout.write(tableHead());
  for (const one of options.runs) {
    const result = await runCase({ product, browser, siteUrl: site.url, applicationId }, one, options);
    results.push(result);
    if (!options.json) process.stdout.write(options.table ? formatRow(result) : `${formatCase(result)}\n`);
  }
  if (!options.json) process.stdout.write(formatGoals(results));
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}

runBench('bench:latency', run);
