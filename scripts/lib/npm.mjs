import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './progress.mjs';

/** Written after a complete install; holds the hash of the lock file it was made from. */
const stampName = 'node_modules/.cloudstage-lock';

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** True when somebody else's `npm install` left exactly what the lock file asks for; npm records it when it is done. */
function isInstalled(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const found = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  if (!wanted || !found) return false;
  return Object.entries(wanted)
    .filter(([path, entry]) => path.includes('node_modules/') && !entry.optional && !entry.link)
    .every(([path, entry]) => found[path]?.version === entry.version);
}

/** Makes `node_modules` what `package-lock.json` says, if it is not. */
export async function ensureDependencies(root, logFile) {
  const stamp = join(root, stampName);
  const hash = lockHash(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  if (!isInstalled(root)) {
    await runStep('Installing npm packages', ['npm', 'ci', '--no-audit', '--no-fund'], {
      cwd: root,
      logFile,
      advice: 'Check the network, then run "npm ci" to see it for yourself.',
    });
  }
  writeFileSync(stamp, hash);
}
