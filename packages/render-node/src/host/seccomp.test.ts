import { describe, expect, it } from 'vitest';
import { seccompFilter } from './seccomp.js';

/** Runs the filter as the kernel would; little-endian, which all machines of the tests are. */
function decide(arch: number, call: number, firstArgument = 0): number {
  const filter = seccompFilter();
  const data = new Map([
    [0, call],
    [4, arch],
    [16, firstArgument],
  ]);
  let accumulator = 0;
  for (let at = 0; at * 8 < filter.length; at += 1) {
    const code = filter.readUInt16LE(at * 8);
    const [ifTrue = 0, ifFalse = 0] = filter.subarray(at * 8 + 2, at * 8 + 4);
    const value = filter.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.get(value) ?? Number.NaN;
    else if (code === 0x15) at += accumulator === value ? ifTrue : ifFalse;
    else if (code === 0x45) at += (accumulator & value) !== 0 ? ifTrue : ifFalse;
    else if (code === 0x06) return value;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('the filter ends without a verdict');
}

const x64 = 0xc000_003e;
const allowed = 0x7fff_0000;
const refused = (error: number) => 0x0005_0000 + error;

describe('seccompFilter', () => {
  it.each([
    ['keyctl', x64, 250, 0, refused(1)],
    ['bpf', x64, 321, 0, refused(1)],
    ['quotactl, the last of its list', x64, 179, 0, refused(1)],
    ['io_uring_setup', x64, 425, 0, refused(38)],
    ['a call of x32', x64, 0x4000_0001, 0, refused(38)],
    ['socket(AF_VSOCK)', x64, 41, 40, refused(97)],
    ['socket(AF_UNIX)', x64, 41, 1, allowed],
    ['read', x64, 0, 0, allowed],
    ['clone3', x64, 435, 0, allowed],
    ['ptrace of its own children', x64, 101, 0, allowed],
    ['keyctl, 32-bit', 0x4000_0003, 288, 0, refused(1)],
    ['call 250, 32-bit: another one', 0x4000_0003, 250, 0, allowed],
    ['keyctl on ARM', 0xc000_00b7, 219, 0, refused(1)],
    ['socket(AF_VSOCK) on ARM', 0xc000_00b7, 198, 40, refused(97)],
    ['anything elsewhere', 0x1234, 250, 0, allowed],
  ])('%s', (_what, arch, call, argument, verdict) => {
    expect(decide(arch, call, argument)).toBe(verdict);
  });
});
