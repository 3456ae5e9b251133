import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, readLuma } from './support/browser.js';
import { pidOfProgram } from './support/processes.js';
import { disposeProduct, type Product, startProduct, until } from './support/product.js';
import { serveSdkPage } from './support/sdk-page.js';
import { join as joinSession } from './support/sdk-session.js';

/**
 * What ModifyApplicationBaseInfo says of an application reaches the user's picture: a launcher opens windows, starts the real program
 * under another name, and exits.
 */

const run = promisify(execFile);
const userId = 'launched';
let product: Product;
let browser: Browser;
let site: { readonly url: string; close(): Promise<void> };
let dir: string;

/** Dark windows before and after the bright one of the real program. */
const launcher = `
open() { title=$1; shift; "$@" -title $title & until xwininfo -name $title >/dev/null 2>&1; do sleep 0.1; done; }
open News xmessage -bg black -fg black news
open Clock ./RealClock -bg white
open Later xmessage -bg black -fg black later
exit 3
`;

/** A tar.gz with a shell as the entry, the launcher's script, and a program of Debian under a name of its own. */
async function packLauncher(): Promise<string> {
  const tree = join(dir, 'package', 'bin');
  await mkdir(tree, { recursive: true });
  await copyFile('/bin/dash', join(tree, 'launcher'));
  await copyFile('/usr/bin/xclock', join(tree, 'RealClock'));
  for (const name of ['launcher', 'RealClock']) await chmod(join(tree, name), 0o755);
  await writeFile(join(tree, 'start.sh'), launcher);
  const archive = join(dir, 'launcher.tar.gz');
  await run('tar', ['-czf', archive, '-C', join(dir, 'package'), 'bin']);
  return archive;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-launcher-'));
  product = await startProduct();
  browser = await launchBrowser();
  site = await serveSdkPage();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await disposeProduct(product);
  await rm(dir, { recursive: true, force: true });
});

async function addProject(): Promise<string> {
  const { ApplicationId } = await product.cli<{ ApplicationId: string }>(
    ...['app', 'add', '--name', 'launched', '--archive', await packLauncher(), '--entry', 'bin/launcher'],
  );
  await product.cloudApi().modifyApplicationBaseInfo({
    ApplicationId,
    ApplicationExePath: 'bin/launcher',
    ApplicationParams: 'start.sh',
    ApplicationInterList: 'helper|RealClock.exe',
    ApplicationBaseInfo: { WindowUseType: 'ApplicationWindow', WindowClassName: 'XClock' },
  });
  const project = await product.cli<{ ProjectId: string }>(
    ...['project', 'add', '--name', 'launched', '--application', ApplicationId, '--resolution', '1280x720'],
  );
  return project.ProjectId;
}

describe('an application with a launcher', () => {
  let page: Page;

  it('shows its chosen window alone, over the whole screen', async () => {
    const projectId = await addProject();
    page = await openPage(browser, site.url);
    await joinSession(page, { product, projectId, userId });
    await until('the program', () => pidOfProgram(product, 'RealClock'));
    // The last window is dark and comes after the bright one.
    await until('the launcher to end', async () => (await pidOfProgram(product, 'launcher')) === null);
    await until('a bright picture up to its edges', async () => {
      const luma = await readLuma(page, 64, 36);
      const edge = luma.filter((_, index) => index < 64 || index >= 64 * 35 || index % 64 === 0 || index % 64 === 63);
      if (luma.length === 0 || edge.some((value) => value < 200)) throw new Error(luma.join(' '));
      // The hands of the clock.
      return luma.some((value) => value < 100);
    });
  });

  it('ends with the program of the name, and its exit code', async () => {
    const sessions = await product.cli<readonly { SessionId: string; UserId: string }[]>('sessions', 'list');
    const session = sessions.find((row) => row.UserId === userId);
    const pid = await pidOfProgram(product, 'RealClock');
    if (!session || pid === null) throw new Error(`${JSON.stringify(sessions)}, process ${pid}`);
    process.kill(pid, 'SIGTERM');
    const ended = await until('the end of the session', async () => {
      const shown = await product.cli<Record<string, unknown>>('sessions', 'show', session.SessionId);
      return JSON.stringify(shown).includes('program-crash') && shown;
    });
    expect(JSON.stringify(ended)).toMatch(/"[Ee]xitCode":143/);
  });
});
