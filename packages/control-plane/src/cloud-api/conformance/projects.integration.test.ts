import { decodeServerSession } from '@cloudstage/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from './official-sdks.testkit.js';
import { type ConformancePlane, managementWays, offer, startConformancePlane } from './plane.testkit.js';

/** The actions on projects, through every way the official packages have, and the pictures that projects name. */
let conformance: ConformancePlane;
let applicationId: string;
let imageId: string;

/** The smallest PNG that browsers show: one black pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);

beforeAll(async () => {
  conformance = await startConformancePlane();
  applicationId = await conformance.addGame();
  const { plane } = conformance;
  ({ id: imageId } = await plane.admin.addBackgroundImage({ name: 'loading.png', bytes: png }));
});
afterAll(() => conformance.close());

describe.each(managementWays)('%s', (_name, make) => {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);

  it('creates, lists, tells, changes and deletes a project', async () => {
    const made = await call('CreateApplicationProject', {
      Name: '展厅 & hall',
      ApplicationId: applicationId,
      Type: 'L1',
      IsPreload: false,
      Resolution: '1920x1080',
      FPS: 30,
      ReconnectTimeout: '60',
      MaxBitrate: 6,
      VideoEncodeConfig: { StreamPushGOPSeconds: 4 },
      BackgroundImageCOSFileId: imageId,
      DisableVideoCodecs: ['H265', 'VP8'],
    });
    const ProjectId = String(made.ProjectId);
    try {
      const listed = await call('DescribeApplicationProjects', {
        Offset: 0,
        Limit: 10,
        Filters: [{ Name: 'ProjectId', Values: [ProjectId] }],
      });
      expect(listed).toMatchObject({
        Total: 1,
        Projects: [{ ProjectId, Name: '展厅 & hall', ApplicationStatus: 'Online' }],
      });
      await call('ModifyApplicationProject', { ProjectId, Description: 'spring', MinBitrate: 2, IsPreload: false });
      expect(await call('DescribeApplicationProjectAdvancedConfig', { ProjectId })).toMatchObject({
        Resolution: '1920x1080',
        FPS: 30,
        ReconnectTimeout: '60s',
        MinBitrate: 2,
        MaxBitrate: 6,
        VideoEncodeConfig: { StreamPushGOPSeconds: 4 },
        BackgroundImage: { COSFileId: imageId, URL: `${conformance.url}/images/${imageId}`, Name: 'loading.png' },
        DisableVideoCodecs: ['H265', 'VP8'],
      });
      await expect(call('ModifyApplicationProject', { ProjectId, FPS: 3 })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
      });
      const UserId = `user-${_name}`;
      await call('ApplyConcurrent', { UserId, UserIp: '198.51.100.4', ProjectId });
      await expect(call('DeleteApplicationProjects', { ProjectIds: [ProjectId] })).rejects.toMatchObject({
        code: 'FailedOperation',
      });
      const answer = await call('CreateSession', { UserId, UserIp: '198.51.100.4', ClientSession: offer });
      expect(decodeServerSession(String(answer.ServerSession)).game_config?.sdk_conf).toMatchObject({
        bgimg_url: `${conformance.url}/images/${imageId}`,
      });
      expect(conformance.node.connects.at(-1)!.stream).toMatchObject({
        width: 1920,
        fps: 30,
        disabledVideoCodecs: ['H265', 'VP8'],
        publishKeyFrameIntervalMs: 4_000,
      });
      await call('DestroySession', { UserId });
    } finally {
      await call('DeleteApplicationProjects', { ProjectIds: [ProjectId] });
    }
  });
});

describe('GET /images/<id>', () => {
  const get = (id: string, headers = {}) => fetch(`${conformance.url}/images/${id}`, { headers });

  it('serves the picture as what it is, to any page, to be kept', async () => {
    const reply = await get(imageId);
    expect(reply.status).toBe(200);
    expect(Buffer.from(await reply.arrayBuffer()).equals(png)).toBe(true);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(png.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    });
    const again = await get(imageId, { 'if-none-match': reply.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });

  it('knows no other ids', async () => {
    for (const id of ['cf-00000000', 'x', '..%2f..%2fmaster.key', `${imageId}%00`]) {
      const reply = await get(id);
      expect(reply.status).toBe(404);
      expect(reply.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('takes only small pictures of the known kinds', async () => {
    const { addBackgroundImage } = conformance.plane.admin;
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    await expect(addBackgroundImage({ name: 'a', bytes: svg })).rejects.toMatchObject({ code: 'image-type-unknown' });
    const large = Buffer.concat([png, Buffer.alloc(2 * 1024 * 1024)]);
    await expect(addBackgroundImage({ name: 'a', bytes: large })).rejects.toMatchObject({ code: 'image-too-large' });
    await expect(addBackgroundImage({ name: ' ', bytes: png })).rejects.toMatchObject({ code: 'name-invalid' });
  });
});
