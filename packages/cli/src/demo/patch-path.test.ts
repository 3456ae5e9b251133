import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patchCompiledPath } from './patch-path.js';

const image = (...parts: readonly string[]) => Buffer.from(parts.join(''), 'latin1');

describe('a compiled-in path', () => {
  it('is replaced without touching anything else', () => {
    const before = image('\x7fELF', 'a\0/usr/share/games\0/usr/share/games/x\0end');
    const after = patchCompiledPath(before, '/usr/share/games', '/app/share/games');
    expect(after.toString('latin1')).toBe('\x7fELFa\0/app/share/games\0/usr/share/games/x\0end');
    expect(before.toString('latin1')).toContain('\0/usr/share/games\0');
  });

  it('must be there once, and the new one must fit', () => {
    expect(() => patchCompiledPath(image('none'), '/usr', '/app')).toThrow(/exactly once/);
    expect(() => patchCompiledPath(image('/usr\0/usr\0'), '/usr', '/app')).toThrow(/exactly once/);
    expect(() => patchCompiledPath(image('/usr\0'), '/usr', '/app/x')).toThrow(/as long as/);
  });

  it('comes back when it is patched back', () => {
    const noise = fc.stringMatching(/^[a-z0-9]{0,200}$/);
    fc.assert(
      fc.property(noise, noise, (head, tail) => {
        const original = image(head, '/usr/x\0', tail);
        const there = patchCompiledPath(original, '/usr/x', '/app/x');
        expect(there.equals(original)).toBe(false);
        expect(patchCompiledPath(there, '/app/x', '/usr/x').equals(original)).toBe(true);
      }),
    );
  });
});
