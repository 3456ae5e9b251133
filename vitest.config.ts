import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Packages are tested from their sources, so that a unit test never runs a stale build. */
const packages = {
  '@cloudstage/protocol': source('packages/protocol/src/index.ts'),
  '@cloudstage/cloud-api': source('packages/cloud-api/src/index.ts'),
  '@cloudstage/control-plane': source('packages/control-plane/src/index.ts'),
  '@cloudstage/render-node': source('packages/render-node/src/index.ts'),
  '@cloudstage/client-core': source('packages/client-core/src/index.ts'),
  '@cloudstage/demo-backend': source('examples/demo-backend/src/index.ts'),
};
const alias = [
  // Test kits that other packages may use; before the package, whose name is a prefix of theirs.
  {
    find: /^@cloudstage\/control-plane\/testing\/(.+)$/,
    replacement: source('packages/control-plane/src/testing/$1.testkit.ts'),
  },
  {
    find: '@cloudstage/render-node/testing/link-model',
    replacement: source('packages/render-node/src/streamer/rtp/testing/link-model.ts'),
  },
  { find: /^@cloudstage\/(control-plane|render-node)\/config$/, replacement: source('packages/$1/src/config.ts') },
  ...Object.entries(packages).map(([find, replacement]) => ({ find, replacement })),
];

/** Integration tests that have a database: they run on the embedded one (`embedded`) and on PostgreSQL (`postgres`). */
const databaseTests = [
  'packages/control-plane/src/*.integration.test.ts',
  'packages/control-plane/src/{cloud-api,db,services}/**/*.integration.test.ts',
];

/** Makes the embedded database that their tests copy. */
const preparedDatabase = 'packages/control-plane/src/testing/embedded-setup.testkit.ts';

/** The command line at a control plane with the embedded database. */
const commandTests = 'packages/cli/src/**/*.integration.test.ts';

/**
 * Files of a project with `isolate: false` share their processes, which load every module once: half the processor time. No module keeps
 * state, and no test changes one: what a test replaces it puts back. Only `http_proxy`, which several switch off, stays off.
 *
 * unit: pure files and in-process services, seconds. integration: real X, PulseAudio, sandbox, sockets. embedded: the integration tests that
 * have a database, on PGlite, and those of the command line. postgres: the former again, on a PostgreSQL server of their own. e2e: the whole
 * product and a real Chromium.
 */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['{packages,examples}/*/src/**/*.test.ts', 'bench/src/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/dist/**', '**/node_modules/**'],
          // Encoders and simulations compute for seconds, on a busy machine for ten times as long.
          testTimeout: 120_000,
          isolate: false,
          // By default one processor is left alone, of two as well.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['{packages,examples}/*/src/**/*.integration.test.ts', 'bench/src/**/*.integration.test.ts'],
          exclude: [...configDefaults.exclude, ...databaseTests, commandTests],
          // Several waits of half a minute: the one that fails is to say so, not the test as a whole.
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Displays, sound and pictures in real time want the machine for themselves.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'embedded',
          include: [...databaseTests, commandTests],
          // Two processes for each place of each action: on the embedded database, which takes seconds to open, that is minutes.
          exclude: [...configDefaults.exclude, 'packages/control-plane/src/faults*.integration.test.ts'],
          globalSetup: [preparedDatabase],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file has databases of its own.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'postgres',
          include: databaseTests,
          globalSetup: ['packages/control-plane/src/testing/postgres-setup.testkit.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file has databases of its own.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: [preparedDatabase],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
