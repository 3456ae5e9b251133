import { parseArgs } from 'node:util';
import { type FuzzResult, runFuzz } from '@cloudstage/render-node/testing/fuzz';
import { fuzzTargets } from '@cloudstage/render-node/testing/fuzz-targets';
import { atLeast } from '../arguments.js';

/**
 * `npm run bench:fuzz`: feeds every parser of strangers' bytes with changed messages, prints a line for each and ends with 1 when one of
 * them did not stand them. `[--cases 5000000] [--seed 1] [--target rtcp]…`
 */
function run(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: '5000000' },
      seed: { type: 'string', default: '1' },
      target: { type: 'string', multiple: true, default: fuzzTargets().map(({ name }) => name) },
    },
  });
  const options = { cases: atLeast('cases', values.cases, 1), seed: atLeast('seed', values.seed, 0) };
  for (const target of fuzzTargets().filter(({ name }) => values.target.includes(name))) {
    const result = runFuzz(target, options);
    process.stdout.write(`${describe(result)}\n`);
    for (const { inputHex, error } of result.findings) process.stdout.write(`  ${error}\n  input ${inputHex}\n`);
    if (result.findings.length > 0) process.exitCode = 1;
  }
}

function describe({ name, cases, findings, seconds, slowestMs, slowestInputHex }: FuzzResult): string {
  const rate = Math.round(cases / seconds);
  return [
    `${name}  ${cases} cases  ${findings.length} findings (goal 0)  ${rate}/s`,
    `slowest case ${slowestMs.toFixed(1)} ms with ${slowestInputHex.length / 2} bytes`,
  ].join('  ');
}

run(process.argv.slice(2));
