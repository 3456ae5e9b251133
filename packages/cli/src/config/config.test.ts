import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { annotateConfig } from './annotate.js';
import { environmentNameOf, listKeys, readPath, withPath } from './keys.js';
import { defaultConfig, loadConfig } from './load.js';
import { localUrl, mediaPorts, publicAddresses, renderNodeConfigOf } from './parts.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const load = (environment: Record<string, string> = {}, yaml?: string) => {
  if (yaml !== undefined) writeFileSync(join(dir, 'cloudstage.yaml'), yaml);
  return loadConfig({ environment, workingDir: dir });
};

describe('keys', () => {
  it.each([
    [['api', 'port'], 'CLOUDSTAGE_API_PORT'],
    [['api', 'listenAddress'], 'CLOUDSTAGE_API_LISTEN_ADDRESS'],
    [['media', 'udpPort'], 'CLOUDSTAGE_MEDIA_UDP_PORT'],
    [['dataDir'], 'CLOUDSTAGE_DATA_DIR'],
    [['node', 'slots'], 'CLOUDSTAGE_NODE_SLOTS'],
    [['demo', 'cacheDir'], 'CLOUDSTAGE_DEMO_CACHE_DIR'],
    [['sessions', 'reconnectGraceSeconds'], 'CLOUDSTAGE_SESSIONS_RECONNECT_GRACE_SECONDS'],
  ])('%j is %s', (path, name) => {
    expect(environmentNameOf(path)).toBe(name);
    expect(listKeys().map((key) => key.environmentName)).toContain(name);
  });

  it('all have a description and an environment name of their own', () => {
    const keys = listKeys();
    for (const key of keys) expect(key.schema.description, key.name).toBeTruthy();
    expect(new Set(keys.map((key) => key.environmentName)).size).toBe(keys.length);
  });

  it('are read back from where they were put', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, fc.integer(), fc.object(), (at, value, tree) => {
        expect(readPath(withPath(tree, at, value), at)).toBe(value);
      }),
    );
  });
});

describe('the configuration', () => {
  it('is complete without file and environment', () => {
    const { config, file } = load();
    expect(file).toBeNull();
    expect(config.api).toEqual({ listenAddress: '127.0.0.1', port: 8080, trustedProxies: [], publicUrl: '' });
    expect(config.demo).toMatchObject({ enabled: true, listenAddress: '127.0.0.1', port: 3000 });
    expect(mediaPorts(config)).toEqual({ udpPort: 8000, tcpPort: 8000 });
    expect(config.node.slots).toBe(2);
    expect(config.dataDir).toBe(join(dir, 'data'));
  });

  it('takes the environment over the file, and the file over the defaults', () => {
    const yaml = 'api: { port: 1111 }\nnode: { slots: 5 }\nmedia: { port: 9000 }\n';
    const { config, file } = load({ CLOUDSTAGE_API_PORT: '2222', CLOUDSTAGE_MEDIA_UDP_PORT: '9001' }, yaml);
    expect(file).toBe(join(dir, 'cloudstage.yaml'));
    expect(config.api.port).toBe(2222);
    expect(config.node.slots).toBe(5);
    expect(mediaPorts(config)).toEqual({ udpPort: 9001, tcpPort: 9000 });
  });

  it('reads every kind of value from the environment', () => {
    const { config } = load({
      CLOUDSTAGE_DEMO_ENABLED: 'off',
      CLOUDSTAGE_MEDIA_PUBLIC_ADDRESSES: '192.0.2.1, 2001:db8::1',
      CLOUDSTAGE_CLOUD_API_RATE_LIMITS: '{"CreateSession": 5}',
      CLOUDSTAGE_LOG_LEVEL: 'debug',
      CLOUDSTAGE_NODE_SLOTS: '',
    });
    expect(config.demo.enabled).toBe(false);
    expect(config.media.publicAddresses).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(config.cloudApi.rateLimits).toEqual({ CreateSession: 5 });
    expect(config.log.level).toBe('debug');
    expect(config.node.slots).toBe(2);
  });

  it('takes a section without keys for its defaults', () => {
    expect(load({}, 'api:\nmedia:\n').config.api.port).toBe(8080);
  });

  it('names variables that no key has', () => {
    expect(load({ CLOUDSTAGE_API_PROT: '1', CLOUDSTAGE_TEST_POSTGRES: 'x' }).unknownEnvironmentNames).toEqual([
      'CLOUDSTAGE_API_PROT',
    ]);
  });

  it.each([
    [{}, 'api: { port: many }', /api\.port: must be integer, got "many"; environment: CLOUDSTAGE_API_PORT/],
    [{}, 'api: { prot: 1 }', /api\.prot: there is no such key/],
    [{}, 'media: 5', /media: must be object, got 5/],
    [{}, 'node: { display: { driver: wayland } }', /node\.display\.driver: must be one of auto, xorg-dummy, xvfb/],
    [{}, '- a\n- b', /expected "key: value" lines/],
    [{}, 'api: {', /cloudstage\.yaml: /],
    [{ CLOUDSTAGE_API_PORT: 'many' }, '', /CLOUDSTAGE_API_PORT \(api\.port\): expected a number, not "many"/],
    [{ CLOUDSTAGE_API_PORT: '70000' }, '', /api\.port: must be <= 65535, got 70000/],
    [{ CLOUDSTAGE_DEMO_ENABLED: 'maybe' }, '', /expected true or false/],
  ])('%j %j is refused by name', (environment, yaml, message) => {
    expect(() => load(environment as Record<string, string>, yaml)).toThrow(message);
  });

  it('says how to get a file that was named and is not there', () => {
    expect(() => loadConfig({ file: 'x.yaml', environment: {}, workingDir: dir })).toThrow(/config init/);
  });
});

describe('the annotated file', () => {
  const text = annotateConfig({ header: ['Header'], values: defaultConfig() });

  it('is itself the configuration that it describes', () => {
    expect(load({}, text).config).toEqual(load().config);
    expect(parse(text)).toEqual(defaultConfig());
  });

  it('tells every key with its environment name', () => {
    for (const key of listKeys()) expect(text).toContain(`environment ${key.environmentName})`);
  });

  it('shows no secret', () => {
    const { config } = load({ CLOUDSTAGE_MASTER_KEY: 'tell-nobody', CLOUDSTAGE_DEMO_SALT: 'tell-nobody-either' });
    const shown = annotateConfig({ header: [], values: config });
    expect(shown).not.toContain('tell-nobody');
    expect(shown).toContain('masterKey: (redacted)');
    expect(shown).toContain('salt: (redacted)');
  });

  it('quotes what YAML would read otherwise', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), (name) => {
        const shown = annotateConfig({ header: [], values: withPath(defaultConfig(), ['node', 'name'], name) });
        expect(readPath(parse(shown), ['node', 'name'])).toBe(name);
      }),
      { numRuns: 30 },
    );
  });
});

describe('docs/guides/configuration.md', () => {
  const guide = readFileSync(new URL('../../../../docs/guides/configuration.md', import.meta.url), 'utf8');
  it.each(listKeys().map((key) => [key.name, key] as const))('has the row of %s with its default', (_name, key) => {
    const fallback = key.schema.default;
    const shown = typeof fallback === 'object' ? JSON.stringify(fallback) : String(fallback);
    const cell = fallback === undefined ? '–' : fallback === '' ? 'empty' : `\`${shown}\``;
    expect(guide).toContain(`| \`${key.path.at(-1)}\` | \`${key.environmentName}\` | ${cell} |`);
  });
});

describe('parts', () => {
  const machine = [
    { family: 'IPv4', address: '127.0.0.1', internal: true },
    { family: 'IPv4', address: '192.0.2.10', internal: false },
    { family: 'IPv6', address: '2001:db8::10', internal: false },
  ];

  it('tells only the loopback address while nothing listens on the network', () => {
    expect(publicAddresses(load().config, machine)).toEqual(['127.0.0.1']);
  });

  it('tells the addresses of the machine once something does', () => {
    const { config } = load({ CLOUDSTAGE_DEMO_LISTEN_ADDRESS: '0.0.0.0' });
    expect(publicAddresses(config, machine)).toEqual(['192.0.2.10', '127.0.0.1']);
  });

  it('tells what it is told to', () => {
    const { config } = load({ CLOUDSTAGE_MEDIA_PUBLIC_ADDRESSES: '198.51.100.1' });
    expect(renderNodeConfigOf(config, machine).media).toEqual({
      listenAddresses: ['0.0.0.0'],
      publicAddresses: ['198.51.100.1'],
      udpPort: 8000,
      tcpPort: 8000,
    });
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['2001:db8::1', 'http://[2001:db8::1]:80'],
    ['host.example', 'http://host.example:80'],
  ])('a server on %s is at %s', (address, url) => {
    expect(localUrl(address, 80)).toBe(url);
  });
});
