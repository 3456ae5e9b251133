import { describe, expect, it } from 'vitest';
import { packageStageArguments, type SandboxSpec, sandboxArguments } from './sandbox.js';

const spec: SandboxSpec = {
  policy: { network: 'none', homeBytes: 1_000, temporaryBytes: 2_000 },
  packagePath: '/run/slot-0/app',
  hasLibraryDir: false,
  entryPath: 'bin/deep/game',
  args: ['--level', '-- --bind / /'],
  displayNumber: 107,
  xSocketPath: '/tmp/.X11-unix/X107',
  xAuthorityPath: '/run/slot-0/x/Xauthority',
  soundSocketPath: '/run/slot-0/sound/native',
  etcPath: '/run/etc',
  framePacerPath: '/run/framepace.so',
  fps: 60,
  keeper: null,
  statusFd: 3,
  seccompFd: 4,
};

/** Splits the arguments into options with their values, up to `--`. */
function options(args: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const arg of args.slice(0, args.indexOf('--'))) {
    if (arg.startsWith('--')) found.push([arg]);
    else found.at(-1)?.push(arg);
  }
  return found;
}
const bindSources = (args: readonly string[]) =>
  options(args).flatMap(([name, source]) => (name?.includes('bind') ? [source] : []));
const environment = (args: readonly string[]) =>
  Object.fromEntries(options(args).flatMap(([name, key, value]) => (name === '--setenv' ? [[key, value]] : [])));

describe('sandboxArguments', () => {
  it('has its own namespaces, no capabilities, no inherited environment, and no life of its own', () => {
    const args = sandboxArguments(spec);
    for (const flag of [
      '--unshare-user',
      '--unshare-pid',
      '--unshare-net',
      '--unshare-uts',
      '--clearenv',
      '--new-session',
      '--die-with-parent',
    ]) {
      expect(args).toContain(flag);
    }
    expect(options(args)).toContainEqual(['--cap-drop', 'ALL']);
    expect(options(args)).toContainEqual(['--seccomp', '4']);
    // Mesa dies when the program is not in the X server's.
    expect(args).not.toContain('--unshare-ipc');
    expect(args).not.toContain('--unshare-all');
  });

  it('binds nothing writable, and of the machine only the system, the package and its own sockets', () => {
    const args = sandboxArguments(spec);
    const binds = options(args).filter(([name]) => name?.includes('bind'));
    for (const [name] of binds) expect(name).toMatch(/^--ro-bind(-try)?$/);
    for (const source of bindSources(args)) {
      expect(source).toMatch(
        /^(\/usr|\/etc\/.+|\/run\/etc\/.+|\/sys\/devices\/system\/cpu|\/var\/cache\/fontconfig|\/run\/slot-0\/app|\/tmp\/\.X11-unix\/X107|\/run\/slot-0\/x\/Xauthority|\/run\/slot-0\/sound\/native|\/run\/framepace\.so)$/,
      );
    }
    expect(bindSources(args)).not.toContain('/etc/passwd');
    expect(bindSources(args)).not.toContain('/etc/shadow');
  });

  it('gives private, bounded, writable directories', () => {
    const args = sandboxArguments(spec).join(' ');
    expect(args).toContain('--perms 0700 --size 1000 --tmpfs /home/user');
    expect(args).toContain('--perms 1777 --size 2000 --tmpfs /tmp');
    expect(args).toContain('--perms 1777 --size 2000 --tmpfs /dev/shm');
    expect(args).toContain('--perms 0700 --size 2000 --tmpfs /run/user/1000');
  });

  it('leaves no memory file system without a bound writable', () => {
    const args = options(sandboxArguments(spec));
    const sizes = args.filter(([name]) => name === '--size').length;
    expect(sizes).toBe(args.filter(([name]) => name === '--tmpfs').length);
    const sealed = args.flatMap(([name, path]) => (name === '--remount-ro' ? [path] : []));
    expect(sealed).toEqual(['/dev', '/']);
  });

  it('mounts the X socket after the /tmp that it lies in', () => {
    const args = sandboxArguments(spec);
    expect(args.lastIndexOf('/tmp/.X11-unix/X107')).toBeGreaterThan(args.indexOf('/tmp'));
    expect(args.indexOf('--remount-ro')).toBeGreaterThan(args.lastIndexOf('--ro-bind'));
  });

  it('starts the program in its directory with its arguments untouched, after the last option', () => {
    const args = sandboxArguments(spec);
    expect(options(args)).toContainEqual(['--chdir', '/app/bin/deep']);
    expect(args.slice(args.indexOf('--'))).toEqual(['--', '/app/bin/deep/game', '--level', '-- --bind / /']);
    const top = sandboxArguments({ ...spec, entryPath: 'game' });
    expect(options(top)).toContainEqual(['--chdir', '/app']);
  });

  it('starts the program below the keeper of its names, of which none is read as an option', () => {
    const keeper = { path: '/run/keeper', names: ['game', '--bind'], graceMs: 5_000 };
    const args = sandboxArguments({ ...spec, keeper });
    const inside = '/run/cloudstage/keeper';
    expect(options(args)).toContainEqual(['--ro-bind', '/run/keeper', inside]);
    const command = [inside, '5000', 'game', '--bind', '--', '/app/bin/deep/game', '--level', '-- --bind / /'];
    expect(args.slice(args.indexOf('--') + 1)).toEqual(command);
  });

  it('sets the environment, with pacer and libraries only where they are', () => {
    expect(environment(sandboxArguments(spec))).toMatchObject({
      HOME: '/home/user',
      DISPLAY: ':107',
      XAUTHORITY: '/run/cloudstage/Xauthority',
      PULSE_SERVER: 'unix:/run/cloudstage/pulse',
      PULSE_LATENCY_MSEC: '30',
      LANG: 'C.UTF-8',
      LD_PRELOAD: '/run/cloudstage/framepace.so',
      CLOUDSTAGE_FPS: '60',
    });
    const plain = environment(sandboxArguments({ ...spec, framePacerPath: null, hasLibraryDir: true }));
    expect(plain).not.toHaveProperty('LD_PRELOAD');
    expect(plain).toHaveProperty('LD_LIBRARY_PATH', '/app/lib');
    expect(environment(sandboxArguments(spec))).not.toHaveProperty('LD_LIBRARY_PATH');
  });
});

it('the outer stage adds the package to the view of the machine, read-only', () => {
  expect(packageStageArguments('/root/cache/abc', '/run/slot-0/app')).toEqual([
    '--dev-bind',
    '/',
    '/',
    '--ro-bind',
    '/root/cache/abc',
    '/run/slot-0/app',
    '--',
  ]);
});
