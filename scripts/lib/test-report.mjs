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

const maxFailureLines = 12;

/** One text for each failed test of a run: file, name and the first lines of its message. */
export function describeFailures(reportFile) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return [];
  }
  const firstLines = (text) => text.split('\n').slice(0, maxFailureLines).join('\n    ');
  return report.testResults.flatMap((file) => {
    const tests = file.assertionResults.filter((test) => test.status === 'failed');
    if (file.status === 'failed' && tests.length === 0) return [`${file.name}\n    ${firstLines(file.message ?? '')}`];
    return tests.map(
      (test) => `${file.name} > ${test.fullName}\n    ${firstLines((test.failureMessages ?? []).join('\n'))}`,
    );
  });
}

/** The commands of an npm script that chains `npm run <name>` by `&&`. */
export function stepsOf(script) {
  return script.split('&&').map((part) => {
    const match = /^npm run ([\w:-]+)$/.exec(part.trim());
    if (match === null) throw new Error(`the script "check" must be a chain of "npm run <name>", not "${part.trim()}"`);
    return match[1];
  });
}
