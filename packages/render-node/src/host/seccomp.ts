import { endianness } from 'node:os';

/**
 * The system call filter of programs as classic BPF, for `bwrap --seccomp`. PURE. It refuses what no game or design program
 * needs and what namespaces do not contain: keyrings (the program would share the agent's session keyring), sockets to the
 * hypervisor, and the parts of the kernel through which sandboxes are left most often.
 * @see seccomp(2), linux/audit.h, linux/filter.h
 */

/** Name of the file with the filter, beside the generated files of the sandbox's /etc. */
export const seccompFileName = 'seccomp.bpf';

/** Numbers of the refused calls on one architecture. */
interface CallTable {
  /** `AUDIT_ARCH_…`. */
  readonly arch: number;
  /** Refused with EPERM. */
  readonly forbidden: readonly number[];
  /** `socket`, refused with EAFNOSUPPORT for AF_VSOCK. */
  readonly socket: number;
  /** Calls with this bit belong to another table of the same architecture (x32), which is refused as a whole. */
  readonly foreignBit?: number;
}

/** `io_uring_setup`, `_enter`, `_register`: the same on every architecture; as if the kernel had none, so that libraries do without. */
const absent = [425, 426, 427];

const tables: readonly CallTable[] = [
  {
    arch: 0xc000_003e,
    // add_key request_key keyctl bpf perf_event_open userfaultfd kexec_load kexec_file_load open_by_handle_at syslog
    // init_module finit_module delete_module acct swapon swapoff reboot iopl ioperm quotactl
    forbidden: [248, 249, 250, 321, 298, 323, 246, 320, 304, 103, 175, 313, 176, 163, 167, 168, 169, 172, 173, 179],
    socket: 41,
    foreignBit: 0x4000_0000,
  },
  {
    // 32-bit programs on x86.
    arch: 0x4000_0003,
    forbidden: [286, 287, 288, 357, 336, 374, 283, 342, 103, 128, 350, 129, 51, 87, 115, 88, 110, 101, 131],
    socket: 359,
  },
  {
    // 64-bit ARM, which has no iopl and ioperm.
    arch: 0xc000_00b7,
    forbidden: [217, 218, 219, 280, 241, 282, 104, 294, 265, 116, 105, 273, 106, 89, 224, 225, 142, 60],
    socket: 198,
  },
];

const errno = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;
const vsockFamily = 40;
/** Offsets in `struct seccomp_data`; of the 64-bit argument the low half. */
const offsets = { call: 0, arch: 4, firstArgument: endianness() === 'LE' ? 16 : 20 } as const;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
/** Goes on when equal, else skips. */
const unlessEqualSkip = (value: number, count: number): Instruction => [0x15, 0, count, value];
const unlessBitSkip = (bit: number, count: number): Instruction => [0x45, 0, count, bit];
const refuse = (error: number): Instruction => [0x06, 0, 0, 0x0005_0000 | error];
const allow: Instruction = [0x06, 0, 0, 0x7fff_0000];

function block({ forbidden, socket, foreignBit }: CallTable): Instruction[] {
  const refused = (calls: readonly number[], error: number) =>
    calls.flatMap((call) => [unlessEqualSkip(call, 1), refuse(error)]);
  return [
    load(offsets.call),
    ...(foreignBit === undefined ? [] : [unlessBitSkip(foreignBit, 1), refuse(errno.ENOSYS)]),
    ...refused(forbidden, errno.EPERM),
    ...refused(absent, errno.ENOSYS),
    unlessEqualSkip(socket, 3),
    load(offsets.firstArgument),
    unlessEqualSkip(vsockFamily, 1),
    refuse(errno.EAFNOSUPPORT),
    allow,
  ];
}

/** The filter, as an array of `struct sock_filter` of this machine. Architectures without a table are not filtered. */
export function seccompFilter(): Buffer {
  const program: Instruction[] = [];
  for (const table of tables) {
    const calls = block(table);
    program.push(load(offsets.arch), unlessEqualSkip(table.arch, calls.length), ...calls);
  }
  program.push(allow);
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.set(new Uint8Array(new Uint16Array([code]).buffer), index * 8);
    bytes.set([ifTrue, ifFalse], index * 8 + 2);
    bytes.set(new Uint8Array(new Uint32Array([value]).buffer), index * 8 + 4);
  }
  return bytes;
}
