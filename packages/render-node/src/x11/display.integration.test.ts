import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@cloudstage/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDisplay, type X11Display } from './display.js';
import { startXorgDummy, startXvfb, type TestXServer } from './testing/start-x-server.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(server: TestXServer, xAuthorityPath?: string): Promise<X11Display> {
  const display = await openDisplay({ ...server, ...(xAuthorityPath === undefined ? {} : { xAuthorityPath }) });
  cleanups.push(() => display.close());
  return display;
}

async function serve(server: Promise<TestXServer>): Promise<TestXServer> {
  const started = await server;
  cleanups.push(() => started.stop());
  return started;
}

const field = (value: string | Buffer) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

async function resizeAndBack(server: TestXServer, sizes: readonly (readonly [number, number])[]) {
  const display = await open(server);
  const observer = await open(server);
  const seen: string[] = [];
  observer.onScreenChange(({ width, height }) => seen.push(`${width}x${height}`));
  for (const [width, height] of sizes) {
    await display.setScreenSize(width, height);
    expect(display.screenSize()).toEqual({ width, height });
    await vi.waitFor(() => expect(seen.at(-1)).toBe(`${width}x${height}`), { timeout: 30_000 });
  }
}

describe('openDisplay', () => {
  it('resizes Xvfb to odd sizes and back, and tells other connections', async () => {
    const server = await serve(startXvfb({ width: 1920, height: 1080 }));
    await resizeAndBack(server, [
      [1281, 721],
      [393, 851],
      [1920, 1080],
      [1281, 721],
    ]);
  });

  it('resizes Xorg with the dummy driver, also above its first mode', async () => {
    const server = await serve(startXorgDummy());
    await resizeAndBack(server, [
      [1281, 721],
      [2560, 1440],
      [640, 480],
      [1281, 721],
    ]);
  });

  it('refuses a size above the start size of Xvfb and keeps the old one', async () => {
    const server = await serve(startXvfb({ width: 800, height: 600 }));
    const display = await open(server);
    await expect(display.setScreenSize(1024, 768)).rejects.toSatisfy((error) =>
      isAppError(error, 'x11-screen-size-unsupported'),
    );
    await display.setScreenSize(640, 480);
    expect(display.screenSize()).toEqual({ width: 640, height: 480 });
  });

  it('carries out concurrent resizes one after the other', async () => {
    const server = await serve(startXvfb({ width: 1280, height: 720 }));
    const display = await open(server);
    await Promise.all([
      display.setScreenSize(640, 480),
      display.setScreenSize(800, 600),
      display.setScreenSize(700, 500),
    ]);
    expect(display.screenSize()).toEqual({ width: 700, height: 500 });
  });

  it('finds the cookie by display number, whatever the host name, and is refused without it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cloudstage-auth-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    const cookie = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    const entry = (display: string, data: Buffer) =>
      Buffer.concat([
        Buffer.from([1, 0]),
        field('some-other-host'),
        field(display),
        field('MIT-MAGIC-COOKIE-1'),
        field(data),
      ]);
    const serverFile = join(dir, 'server');
    await writeFile(serverFile, entry('', cookie));
    const server = await serve(startXvfb({ width: 320, height: 240, authFile: serverFile }));
    const clientFile = join(dir, 'client');
    await writeFile(
      clientFile,
      Buffer.concat([entry('9999', Buffer.alloc(16)), entry(server.display.slice(1), cookie)]),
    );

    expect((await open(server, clientFile)).screenSize()).toEqual({ width: 320, height: 240 });
    await expect(open(server)).rejects.toSatisfy((error) => isAppError(error, 'x11-refused'));
  });

  it('survives errors of requests without a reply, and rejects those with one', async () => {
    const server = await serve(startXvfb({ width: 320, height: 240 }));
    const display = await open(server);
    display.core.MapWindow(0xdead);
    await expect(display.request((reply) => display.core.GetGeometry(0xdead, reply), 'GetGeometry')).rejects.toSatisfy(
      (error) => isAppError(error, 'x11-request-failed'),
    );
    await display.sync();
  });

  it('reports the death of the server once and rejects what waits', async () => {
    const server = await serve(startXvfb({ width: 320, height: 240 }));
    const display = await open(server);
    const onClosed = vi.fn();
    display.onClosed(onClosed);
    process.kill(server.pid, 'SIGSTOP');
    const waiting = display.sync();
    process.kill(server.pid, 'SIGKILL');
    await expect(waiting).rejects.toSatisfy((error) => isAppError(error, 'x11-closed'));
    await display.closed;
    expect(onClosed).toHaveBeenCalledTimes(1);
    await expect(display.sync()).rejects.toSatisfy((error) => isAppError(error, 'x11-closed'));
    await display.close();
  });

  it('keeps the atoms of two servers apart', async () => {
    const [first, second] = await Promise.all([
      serve(startXvfb({ width: 320, height: 240 })),
      serve(startXvfb({ width: 320, height: 240 })),
    ]);
    const [one, two] = [await open(first), await open(second)];
    await one.atom('ONLY_ON_THE_FIRST');
    const shared = await one.atom('ON_BOTH');
    const onSecond = await two.atom('ON_BOTH');
    expect(onSecond).not.toBe(shared);
    const name = await two.request<string>((reply) => two.core.GetAtomName(onSecond, reply), 'GetAtomName');
    expect(name).toBe('ON_BOTH');
  });

  it('says so when there is no server', async () => {
    await expect(openDisplay({ display: ':1', socketPath: '/tmp/cloudstage-no-such-socket' })).rejects.toSatisfy(
      (error) => isAppError(error, 'x11-unreachable'),
    );
  });
});
