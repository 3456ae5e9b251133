import { Agent, request } from 'node:http';
import { apiVersion, serviceName, signTc3 } from '@cloudstage/cloud-api';
import { encodeSessionEnvelope } from '@cloudstage/protocol';
import { apiBenchLimits } from './limits.js';
import type { Target } from './workload.js';

/** What a client of the API needs. */
export interface HttpAccess {
  readonly url: string;
  readonly secretId: string;
  readonly secretKey: string;
  readonly projectId: string;
}

const offer = encodeSessionEnvelope({
  sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
  type: 'offer',
});
const userIp = '198.51.100.4';

function codeOf(text: string): string {
  const { Response } = JSON.parse(text) as { readonly Response: { readonly Error?: { readonly Code: string } } };
  if (Response.Error === undefined) return 'ok';
  return Response.Error.Code === 'ResourceNotFound.NoIdle' ? 'no-idle' : Response.Error.Code;
}

/** Calls over kept connections, each request signed with TC3, as the official SDKs do. */
export function createHttpTarget(access: HttpAccess): Target {
  const url = new URL(access.url);
  const agent = new Agent({ keepAlive: true });
  const call = (action: string, parameters: Readonly<Record<string, unknown>>) =>
    new Promise<string>((resolve, reject) => {
      const body = JSON.stringify(parameters);
      const timestampSeconds = Math.floor(Date.now() / 1_000);
      const contentType = 'application/json';
      const target = { method: 'POST', path: '/', query: '', host: url.host, contentType, body };
      const { secretId, secretKey } = access;
      const outgoing = request(url, {
        agent,
        method: 'POST',
        timeout: apiBenchLimits.callMs,
        headers: {
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
          authorization: signTc3({ ...target, timestampSeconds, service: serviceName, secretId, secretKey }),
          'x-tc-action': action,
          'x-tc-version': apiVersion,
          'x-tc-timestamp': String(timestampSeconds),
        },
      });
      outgoing.on('response', (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () => resolve(codeOf(text)));
        incoming.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return {
    apply: (userId) => call('ApplyConcurrent', { UserId: userId, UserIp: userIp, ProjectId: access.projectId }),
    create: (userId) => call('CreateSession', { UserId: userId, UserIp: userIp, ClientSession: offer }),
    destroy: (userId) => call('DestroySession', { UserId: userId }),
  };
}
