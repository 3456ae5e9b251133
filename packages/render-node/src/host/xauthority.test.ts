import { expect, it } from 'vitest';
import { encodeXAuthority } from './xauthority.js';

it('is one wildcard entry as libXau reads it', () => {
  const cookie = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  expect(Buffer.from(encodeXAuthority(107, cookie)).toString('hex')).toBe(
    `ffff0000${'0003'}${Buffer.from('107').toString('hex')}0012${Buffer.from('MIT-MAGIC-COOKIE-1').toString('hex')}0010${cookie.toString('hex')}`,
  );
});
