import { StepError } from './progress.mjs';

const minimum = [20, 19];

/** Refuses a Node.js that is too old for the product, before anything of it is loaded. */
export function checkNodeVersion(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isRecent = major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
  if (isRecent) return;
  throw new StepError(
    `Node.js ${version} is too old: Cloudstage needs ${minimum.join('.')} or later.`,
    'Install a current one, for example from https://nodejs.org/ or https://github.com/nodesource/distributions, and try again.',
  );
}
