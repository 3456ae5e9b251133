import { unpackerLimits } from './limits.js';

/**
 * What is run, of libarchive: `convert` turns a 7z or rar archive into a tar stream, `check` unpacks a 7z archive to nowhere and
 * looks at its checksums, which the other one passes over; `decompress` undoes zstd, xz and bzip2; `version` shows that it runs at all.
 */
export type UnpackerTask = 'convert' | 'check' | 'decompress' | 'version';

/**
 * How a tool is kept from the rest of the machine. `bubblewrap`: own namespaces, nothing but /usr visible, no network;
 * `setpriv`: the user nobody; `limits`: only the resource limits, for a control plane that is no root and has no bubblewrap.
 */
export type UnpackerIsolation = 'bubblewrap' | 'setpriv' | 'limits';

/** A command without a shell. */
export interface UnpackerCommand {
  readonly file: string;
  readonly args: readonly string[];
}

const nobody = '65534';

/** The archive comes in as standard input and goes out as standard output: no path is ever opened. */
const tools: Readonly<Record<UnpackerTask, readonly string[]>> = {
  // -P: absolute names stay as they are, so that our own check sees and refuses them.
  convert: ['/usr/bin/bsdtar', '-cPf', '-', '--format=pax', '@-'],
  check: ['/usr/bin/bsdtar', '-xOf', '-'],
  decompress: ['/usr/bin/bsdcat'],
  version: ['/usr/bin/bsdtar', '--version'],
};

const limited = [
  '/usr/bin/prlimit',
  `--cpu=${unpackerLimits.cpuSeconds}`,
  `--as=${unpackerLimits.addressSpaceBytes}`,
  `--nofile=${unpackerLimits.openFiles}`,
  '--fsize=0',
  '--core=0',
  '--',
];

const jail = [
  ['/usr/bin/bwrap', '--unshare-all', '--die-with-parent', '--new-session', '--info-fd', '3'],
  ['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
  ['--uid', nobody, '--gid', nobody, '--cap-drop', 'ALL', '--chdir', '/', '--'],
].flat();

const drop = [
  ['/usr/bin/setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
  ['--no-new-privs', '--inh-caps=-all', '--'],
].flat();

/** What stands before the tool. */
const wrappers: Readonly<Record<UnpackerIsolation, readonly string[]>> = {
  bubblewrap: [...jail, ...limited],
  setpriv: [...drop, ...limited],
  limits: limited,
};

/** Builds a command line. PURE. `tool` replaces the task's own, for those who want to know what it could do. */
export function unpackerCommand(
  task: UnpackerTask,
  isolation: UnpackerIsolation,
  tool: readonly string[] = tools[task],
): UnpackerCommand {
  const [file = '', ...args] = [...wrappers[isolation], ...tool];
  return { file, args };
}
