import { describe, expect, it } from 'vitest';
import { createRouteTable } from './route-table.js';

const route = (ufrag: string, port = 1) => ({ ufrag, pwd: `pwd-of-${ufrag}`, address: '127.0.0.1', port });
const create = () =>
  createRouteTable({
    maxRoutes: 3,
    maxTombstones: 2,
    tombstoneMs: 60_000,
    checksPerRoute: { capacity: 5, perSecond: 1 },
  });

describe('route table', () => {
  it('is idempotent, and tells when a known route leads elsewhere', () => {
    const routes = create();
    expect(routes.set(route('a'))).toBe(false);
    expect(routes.set(route('a'))).toBe(false);
    expect(routes.set(route('a', 2))).toBe(true);
    expect(routes.find('a', 0)).toMatchObject({ kind: 'live', route: { port: 2 } });
    expect(routes.ufrags()).toEqual(['a']);
  });

  it('refuses more routes than its bound', () => {
    const routes = create();
    for (const ufrag of ['a', 'b', 'c']) routes.set(route(ufrag));
    expect(() => routes.set(route('d'))).toThrow(expect.objectContaining({ code: 'route-table-full' }));
    routes.delete('a', 0);
    expect(routes.set(route('d'))).toBe(false);
  });

  it('remembers deleted routes for a minute, and a bounded number of them', () => {
    const routes = create();
    for (const ufrag of ['a', 'b', 'c']) routes.set(route(ufrag));
    for (const ufrag of ['a', 'b', 'c']) routes.delete(ufrag, 1_000);
    expect(routes.tombstones).toBe(2);
    expect(routes.find('a', 1_000)).toBeUndefined();
    expect(routes.find('c', 61_000)).toMatchObject({ kind: 'gone', pwd: 'pwd-of-c' });
    expect(routes.find('c', 61_001)).toBeUndefined();
    routes.expire(61_001);
    expect(routes.tombstones).toBe(0);
    routes.delete('never-set', 0);
    expect(routes.find('never-set', 0)).toBeUndefined();
  });

  it('brings a deleted route back to life when it is set again', () => {
    const routes = create();
    routes.set(route('a'));
    routes.delete('a', 0);
    routes.set(route('a'));
    expect(routes.find('a', 0)?.kind).toBe('live');
    expect(routes.tombstones).toBe(0);
  });
});
