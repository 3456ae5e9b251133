import { describe, expect, it } from 'vitest';
import { isPublicAddress, judgeHost } from './target-address.js';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    'not-an-address',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('judgeHost', () => {
  const resolve = async (host: string) =>
    ({ 'public.test': ['8.8.8.8', '2606:4700::1111'], 'mixed.test': ['8.8.8.8', '10.0.0.1'] })[host] ?? [];
  it.each([
    ['8.8.8.8', 'public'],
    ['public.test', 'public'],
    ['mixed.test', 'private'],
    ['127.1', 'private'],
    ['0x7f000001', 'private'],
    ['::1', 'private'],
    ['nowhere.test', 'unknown'],
  ])('%s is %s', async (host, expected) => {
    expect(await judgeHost(host, resolve)).toBe(expected);
  });
});
