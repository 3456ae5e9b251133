import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimePackages, testPackages } from './lib/debian-packages.mjs';
import { runVisibly } from './lib/progress.mjs';
import { repository, runMain, setUp } from './lib/set-up.mjs';
import { countTests, describeFailures, stepsOf } from './lib/test-report.mjs';

/** Steps of `npm run check` that are test runs. */
const testSteps = new Set(['unit', 'integration', 'postgres', 'e2e']);

/**
 * `npm test`: set-up, then every step of `npm run check`, also after one that failed, so that one run tells all. At the end
 * stands what failed, because a log of this length is often read from its end; the last line is "N passed, N failed"; a failed step that is not a test run counts as one failure.
 */
async function runChecks(reportDir) {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  const total = { passed: 0, failed: 0 };
  const failures = [];
  for (const step of stepsOf(scripts.check)) {
    process.stdout.write(`\n== ${step}\n`);
    const report = join(reportDir, `${step}.json`);
    const reporting = testSteps.has(step)
      ? ['--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
      : [];
    const code = await runVisibly(['npm', 'run', '--silent', step, ...reporting], { cwd: repository });
    const counted = testSteps.has(step) ? countTests(report) : { passed: 0, failed: 0 };
    total.passed += counted.passed;
    total.failed += code !== 0 && counted.failed === 0 ? 1 : counted.failed;
    if (code !== 0) process.stdout.write(`\n${step} failed\n`);
    if (code !== 0) failures.push(`${step} failed`, ...(testSteps.has(step) ? describeFailures(report) : []));
  }
  if (failures.length > 0) process.stdout.write(`\n== what failed\n${failures.join('\n')}\n`);
  return total;
}

await runMain(async () => {
  await setUp([...runtimePackages, ...testPackages]);
  const reportDir = mkdtempSync(join(tmpdir(), 'cloudstage-test-'));
  try {
    const { passed, failed } = await runChecks(reportDir);
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(reportDir, { recursive: true, force: true });
  }
});
