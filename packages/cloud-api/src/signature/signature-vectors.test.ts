import { describe, expect, it } from 'vitest';
import { flattenParameters } from '../encoding/flat-parameters.js';
import { signTc3 } from './tc3-sign.js';
import { parseTc3Authorization, verifyTc3 } from './tc3-verify.js';
import { computeV1Signature } from './v1.js';

/**
 * Known answers, computed with the signing code of the official package `tencentcloud-sdk-nodejs` 4.1.313. The key is the
 * example of the platform's public documentation.
 */
const secretId = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
const secretKey = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';

const tc3Vectors = [
  {
    method: 'POST',
    query: '',
    body: '{"Limit":1,"Filters":[{"Values":["未命名"],"Name":"instance-name"}]}',
    host: 'cvm.tencentcloudapi.com',
    service: 'cvm',
    contentType: 'application/json; charset=utf-8',
    timestampSeconds: 1551113065,
    scope: '2019-02-25/cvm',
    signature: '8df345f0c21bed3d42c13635ba6fe64517993d69ff250cad1deeb4b59834d936',
  },
  {
    // One second before the year ends in UTC.
    method: 'GET',
    query: 'Filters.0.Name=a%20b&Limit=1',
    body: '',
    host: '127.0.0.1',
    service: '127',
    contentType: 'application/x-www-form-urlencoded',
    timestampSeconds: 1577836799,
    scope: '2019-12-31/127',
    signature: '7035751682777a8a3ea0ba5e170aca51ce4fea1d5c63bbbc76a3bb6cede4ef64',
  },
  {
    method: 'POST',
    query: '',
    body: '{"UserId":"cg_user"}',
    host: 'render.example.com',
    service: 'render',
    contentType: 'application/json',
    timestampSeconds: 1709164800,
    scope: '2024-02-29/render',
    signature: '180f3dfd31bdf95bfd3c79e596e02512b3d737276b3bb478a6b38cbde9c76ff7',
  },
] as const;

describe('TC3-HMAC-SHA256 against the official implementation', () => {
  it.each(tc3Vectors)('$method for $service', (vector) => {
    const authorization = signTc3({ ...vector, path: '/', secretId, secretKey });
    expect(authorization).toBe(
      `TC3-HMAC-SHA256 Credential=${secretId}/${vector.scope}/tc3_request, ` +
        `SignedHeaders=content-type;host, Signature=${vector.signature}`,
    );
    const parsed = parseTc3Authorization(authorization);
    expect(parsed).toMatchObject({ secretId, service: vector.service, signature: vector.signature });
    const request = {
      method: vector.method,
      rawPath: '/',
      rawQuery: vector.query,
      headers: { host: `${vector.host}:8080`, 'content-type': vector.contentType },
      body: Buffer.from(vector.body),
    };
    expect(verifyTc3(request, parsed!, String(vector.timestampSeconds), secretKey)).toBe(true);
    expect(verifyTc3(request, parsed!, String(vector.timestampSeconds + 1), secretKey)).toBe(false);
    expect(verifyTc3(request, parsed!, String(vector.timestampSeconds), `${secretKey}x`)).toBe(false);
  });
});

describe('version 1 against the official implementation', () => {
  // Sent unsorted on purpose.
  const documented = new Map([
    ['Region', 'ap-guangzhou'],
    ['Action', 'DescribeInstances'],
    ['Offset', '0'],
    ['InstanceIds.0', 'ins-09dx96dg'],
    ['Limit', '20'],
    ['Nonce', '11886'],
    ['Timestamp', '1465185768'],
    ['Version', '2017-03-12'],
    ['SecretId', secretId],
    ['Signature', 'is left out'],
  ]);
  const target = { method: 'GET', host: 'cvm.tencentcloudapi.com', path: '/' } as const;

  it('HmacSHA1 gives the documented example', () => {
    expect(computeV1Signature(target, documented, 'HmacSHA1', secretKey)).toBe('EliP9YW3pW28FpsEdkXt/+WcGeI=');
  });

  it('HmacSHA256', () => {
    const expected = 'bR/zQ3QqOmcEYeRv71IzG/NxfisUDgy9cqRMQC+UB5g=';
    expect(computeV1Signature(target, documented, 'HmacSHA256', secretKey)).toBe(expected);
  });

  it('raw values, flattened lists and a port', () => {
    const parameters = flattenParameters({
      UserId: '用户 &+=%',
      Filters: [{ Name: 'n', Values: ['a', 'b'] }],
      On: true,
      Zero: 0,
      Nothing: null,
      Empty: '',
      Action: 'X',
      Nonce: 7,
      Timestamp: 1700000000,
      Version: '2022-01-10',
      SecretId: secretId,
      SignatureMethod: 'HmacSHA256',
      RequestClient: 'SDK_NODEJS_4.1.313',
    });
    const withPort = { method: 'POST', host: '127.0.0.1:8080', path: '/' } as const;
    const expected = 'RarAhW9I9RB/lybqoNPrcT19GFcNFFHM5YqCeBL7xNg=';
    expect(computeV1Signature(withPort, parameters, 'HmacSHA256', secretKey)).toBe(expected);
  });
});
