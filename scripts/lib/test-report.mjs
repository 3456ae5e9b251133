import { readFileSync } from 'node:fs';

/**
 * Numbers of one test run from vitest's JSON report. A file that failed before its first test counts as a failed test, and
 * so does a run that ended without a report.
 */
export function countTests(reportFile) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

/** The commands of an npm script that chains `npm run <name>` by `&&`. */
export function stepsOf(script) {
  return script.split('&&').map((part) => {
    const match = /^npm run ([\w:-]+)$/.exec(part.trim());
    if (match === null) throw new Error(`the script "check" must be a chain of "npm run <name>", not "${part.trim()}"`);
    return match[1];
  });
}
