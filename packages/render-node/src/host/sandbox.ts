/**
 * The sandbox of a program as bubblewrap arguments. PURE: what a program may see and do is decided here and nowhere else.
 * @see bwrap(1)
 */

/** What a program is allowed; a place for every rule that a project may tighten or loosen. */
export interface SandboxPolicy {
  /** `none`: a network namespace of its own with nothing but loopback. */
  readonly network: 'none';
  /** Bytes of the program's home; memory-backed, counted by its memory limit, gone with the program. */
  readonly homeBytes: number;
  /** Bytes of /tmp, /dev/shm and the runtime directory, each. */
  readonly temporaryBytes: number;
}

/** Everything {@link sandboxArguments} needs; paths are absolute and exist. */
export interface SandboxSpec {
  readonly policy: SandboxPolicy;
  /** Directory with the package, visible as /app. */
  readonly packagePath: string;
  /** The package has a `lib` directory, which is then searched for libraries. */
  readonly hasLibraryDir: boolean;
  /** Program file, relative to the package, and its arguments. */
  readonly entryPath: string;
  readonly args: readonly string[];
  /** Display number, its socket and its cookie. */
  readonly displayNumber: number;
  readonly xSocketPath: string;
  readonly xAuthorityPath: string;
  readonly soundSocketPath: string;
  /** Directory with the generated `passwd`, `group`, `hosts`, `hostname`, `machine-id`. */
  readonly etcPath: string;
  /** Frame pacer, or null to run without. */
  readonly framePacerPath: string | null;
  readonly fps: number;
  /** Names of the processes that keep the session besides the program, and the helper that follows them; null: none. */
  readonly keeper: { readonly path: string; readonly names: readonly string[]; readonly graceMs: number } | null;
  /** Descriptor on which bubblewrap reports the child and its exit code. */
  readonly statusFd: number;
  /** Descriptor from which bubblewrap reads the system call filter. */
  readonly seccompFd: number;
}

/** User id that the program sees; outside it is the slot's own. */
export const sandboxUid = 1000;
const home = '/home/user';
const runtimeDir = '/run/cloudstage';
const keeperPath = `${runtimeDir}/keeper`;
const userRuntimeDir = `/run/user/${sandboxUid}`;

/** Generated files of the sandbox's /etc, by name: nothing of the machine's accounts and names shows. */
export const sandboxEtcFiles: Readonly<Record<string, string>> = {
  passwd: `user:x:${sandboxUid}:${sandboxUid}:user:${home}:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
  group: `user:x:${sandboxUid}:\nnogroup:x:65534:\n`,
  hosts: '127.0.0.1 localhost cloudstage\n::1 localhost\n',
  hostname: 'cloudstage\n',
  'machine-id': 'c10d57a9e0000000000000000000c10d\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  /** Programs that know ALSA alone reach the slot's sound server through its plug-in. */
  'asound.conf': 'pcm.!default pulse\nctl.!default pulse\n',
};

/** Parts of the machine's /etc that libraries read; absent ones are skipped. None holds a secret. */
const sharedEtc = [
  'alternatives',
  'alsa',
  'drirc',
  'egl',
  'fonts',
  'glvnd',
  'gtk-3.0',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'openal',
  'pulse/client.conf',
  'timezone',
  'vulkan',
  'X11/app-defaults',
  'xdg/mimeapps.list',
];

function systemMounts(etcPath: string): string[] {
  const links = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
  return [
    ...['--ro-bind', '/usr', '/usr'],
    ...links.flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--ro-bind-try', '/sys/devices/system/cpu', '/sys/devices/system/cpu'],
    ...['--ro-bind-try', '/var/cache/fontconfig', '/var/cache/fontconfig'],
    ...Object.keys(sandboxEtcFiles).flatMap((name) => ['--ro-bind', `${etcPath}/${name}`, `/etc/${name}`]),
    ...sharedEtc.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
  ];
}

function privateMounts(spec: SandboxSpec): string[] {
  const { homeBytes, temporaryBytes } = spec.policy;
  const xSocket = `/tmp/.X11-unix/X${spec.displayNumber}`;
  return [
    ...['--perms', '0700', '--size', String(homeBytes), '--tmpfs', home],
    ...['--perms', '1777', '--size', String(temporaryBytes), '--tmpfs', '/tmp'],
    ...['--perms', '0700', '--size', String(temporaryBytes), '--tmpfs', userRuntimeDir],
    ...['--perms', '1777', '--size', String(temporaryBytes), '--tmpfs', '/dev/shm'],
    ...['--ro-bind', spec.xSocketPath, xSocket],
    ...['--perms', '0755', '--dir', runtimeDir],
    ...['--ro-bind', spec.xAuthorityPath, `${runtimeDir}/Xauthority`],
    ...['--ro-bind', spec.soundSocketPath, `${runtimeDir}/pulse`],
    ...(spec.framePacerPath ? ['--ro-bind', spec.framePacerPath, `${runtimeDir}/framepace.so`] : []),
    ...(spec.keeper ? ['--ro-bind', spec.keeper.path, keeperPath] : []),
    ...['--ro-bind', spec.packagePath, '/app'],
    // Both are memory file systems that bubblewrap made, without a bound: nothing may be added to them.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
  ];
}

function environment(spec: SandboxSpec): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/games',
    HOME: home,
    USER: 'user',
    LOGNAME: 'user',
    LANG: 'C.UTF-8',
    XDG_RUNTIME_DIR: userRuntimeDir,
    DISPLAY: `:${spec.displayNumber}`,
    XAUTHORITY: `${runtimeDir}/Xauthority`,
    PULSE_SERVER: `unix:${runtimeDir}/pulse`,
    // The delay of a program's sound is exactly its buffer.
    PULSE_LATENCY_MSEC: '30',
    ...(spec.framePacerPath
      ? { LD_PRELOAD: `${runtimeDir}/framepace.so`, CLOUDSTAGE_FPS: String(Math.round(spec.fps)) }
      : {}),
    ...(spec.hasLibraryDir ? { LD_LIBRARY_PATH: '/app/lib' } : {}),
  };
}

function keeperPrefix({ keeper }: SandboxSpec): string[] {
  return keeper ? [keeperPath, String(keeper.graceMs), ...keeper.names, '--'] : [];
}

/**
 * Arguments of the `bwrap` that runs the program: own user, mount, pid, uts and network namespaces. Not its own IPC
 * namespace: it is started inside the X server's, which belongs to the slot.
 */
export function sandboxArguments(spec: SandboxSpec): string[] {
  const program = `/app/${spec.entryPath}`;
  return [
    ...['--unshare-user', '--uid', String(sandboxUid), '--gid', String(sandboxUid)],
    ...['--unshare-pid', '--unshare-uts', '--hostname', 'cloudstage', '--unshare-net', '--unshare-cgroup-try'],
    ...['--cap-drop', 'ALL', '--die-with-parent', '--new-session', '--clearenv'],
    ...systemMounts(spec.etcPath),
    ...privateMounts(spec),
    ...Object.entries(environment(spec)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--json-status-fd', String(spec.statusFd), '--seccomp', String(spec.seccompFd)],
    ...['--chdir', program.slice(0, program.lastIndexOf('/'))],
    ...['--', ...keeperPrefix(spec), program, ...spec.args],
  ];
}

/**
 * Arguments of the outer `bwrap` that only makes the package visible: the cache may lie below a directory that the slot's
 * user cannot enter, so it is bound while still root, in a mount namespace of its own that vanishes with the program.
 */
export function packageStageArguments(packagePath: string, mountPath: string): string[] {
  return ['--dev-bind', '/', '/', '--ro-bind', packagePath, mountPath, '--'];
}
