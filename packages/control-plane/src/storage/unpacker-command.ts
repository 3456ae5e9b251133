import { unpackerLimits } from './limits.js';

/** Tools of libarchive: `bsdtar` turns a 7z or rar archive into a tar stream, `bsdcat` decompresses zstd, xz and bzip2. */
export type UnpackerTool = 'bsdtar' | 'bsdcat';

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
const toolArgs: Readonly<Record<UnpackerTool, readonly string[]>> = {
  // -P: absolute names stay as they are, so that our own check sees and refuses them.
  bsdtar: ['-cPf', '-', '--format=pax', '@-'],
  bsdcat: [],
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
  ['--unshare-all', '--die-with-parent', '--new-session'],
  ['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
  ['--uid', nobody, '--gid', nobody, '--cap-drop', 'ALL', '--chdir', '/', '--'],
].flat();

const drop = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs', '--inh-caps=-all', '--'];

/** Builds the command line of a tool. PURE. `args` replaces the tool's own arguments. */
export function unpackerCommand(
  tool: UnpackerTool,
  isolation: UnpackerIsolation,
  args: readonly string[] = toolArgs[tool],
): UnpackerCommand {
  const run = [...limited, `/usr/bin/${tool}`, ...args];
  switch (isolation) {
    case 'bubblewrap':
      return { file: '/usr/bin/bwrap', args: [...jail, ...run] };
    case 'setpriv':
      return { file: '/usr/bin/setpriv', args: [...drop, ...run] };
    case 'limits':
      return { file: run[0] ?? '', args: run.slice(1) };
  }
}
