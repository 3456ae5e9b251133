import { describe, expect, it } from 'vitest';
import { parseRenderNodeConfig, resolveRunDir } from './config.js';

describe('parseRenderNodeConfig', () => {
  it('fills in every default', () => {
    expect(parseRenderNodeConfig({})).toMatchObject({
      nodeId: 'node-1',
      region: 'local',
      slots: 2,
      media: { listenAddresses: ['127.0.0.1'], publicAddresses: ['127.0.0.1'], udpPort: 8000, tcpPort: 8000 },
      display: { driver: 'auto', maxWidth: 2560, maxHeight: 1440 },
      limits: { cpuCores: 0, processes: 1024 },
    });
  });
  it('keeps what is given', () => {
    expect(parseRenderNodeConfig({ slots: 7, media: { udpPort: 9 } }).media).toMatchObject({
      udpPort: 9,
      tcpPort: 8000,
    });
  });
  it.each([
    { slots: -1 },
    { media: { udpPort: 0 } },
    { nodeId: 'a b' },
    { display: { driver: 'wayland' } },
    { sluts: 2 },
    { logLevel: 'loud' },
  ])('refuses %j and names the setting', (value) => {
    expect(() => parseRenderNodeConfig(value)).toThrowError(expect.objectContaining({ code: 'config-invalid' }));
  });
});

describe('resolveRunDir', () => {
  it('is short and its own for each data directory', () => {
    const one = resolveRunDir({ dataDir: '/a' }, 0, {});
    expect(one).toMatch(/^\/run\/cloudstage\/[0-9a-f]{8}$/);
    expect(resolveRunDir({ dataDir: '/b' }, 0, {})).not.toBe(one);
  });
  it('lies in the runtime directory of a user', () => {
    expect(resolveRunDir({ dataDir: '/a' }, 1000, { XDG_RUNTIME_DIR: '/run/user/1000' })).toMatch(
      /^\/run\/user\/1000\/cloudstage-1000\/[0-9a-f]{8}$/,
    );
    expect(resolveRunDir({ dataDir: '/a' }, 1000, {})).toMatch(/^\/tmp\/cloudstage-1000\//);
    expect(resolveRunDir({ dataDir: '/a', runDir: '/x/y' }, 0, {})).toBe('/x/y');
  });
});
