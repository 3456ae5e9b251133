#!/usr/bin/env node
// `npm run compat -- --sdk <path to index.js>`: the SDK rows and the guests of the end-to-end tests with another build of TCGSDK.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { sdk: { type: 'string' } } });
// npm runs scripts in the root of the checkout; a relative path is meant from where npm was called.
const sdk = values.sdk && resolve(process.env.INIT_CWD ?? process.cwd(), values.sdk);
if (!sdk || !existsSync(sdk)) {
  console.error('usage: npm run compat -- --sdk <path to the index.js of a TCGSDK build>');
  console.error(
    'The official build is dist/tcg-sdk/index.js of github.com/tencentyun/cloudgame-js-sdk (MIT); it is not on npm.',
  );
  process.exit(2);
}
const result = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--project',
    'e2e',
    'test/e2e/sdk-rows.test.ts',
    'test/e2e/guests.test.ts',
    '--reporter',
    'verbose',
  ],
  {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, CLOUDSTAGE_COMPAT_SDK: sdk },
    stdio: 'inherit',
  },
);
process.exit(result.status ?? 1);
