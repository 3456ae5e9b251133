import { rm, utimes } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { S3Settings } from './s3-client.js';

/** An S3 server with one bucket, over a directory. */
export interface TestS3Server {
  readonly settings: S3Settings;
  /** Lets an object look as if it had been stored at `modifiedAt`. */
  age(key: string, modifiedAt: Date): Promise<void>;
  close(): Promise<void>;
}

/** Request of the server's framework, as far as we look at it. */
interface S3Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  status: number;
  get(header: string): string;
}

const bucket = 'packages';

/** File in which the server keeps an object. */
const objectFile = (directory: string, key: string) => join(directory, bucket, `${key}._S3rver_object`);

/** Starts a server on a free loopback port. */
export async function startS3Server(directory: string): Promise<TestS3Server> {
  const s3 = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  // What the server lacks of the protocol, over its own files: AbortMultipartUpload, and the new date of a copied object.
  s3.middleware.unshift(async (request: S3Request, next: () => Promise<void>) => {
    const { uploadId } = request.query;
    if (request.method === 'DELETE' && uploadId !== undefined) {
      await rm(join(directory, bucket, '._S3rver_uploads', uploadId), { recursive: true });
      request.status = 204;
      return;
    }
    await next();
    if (request.get('x-amz-copy-source') === '') return;
    await utimes(objectFile(directory, request.path.slice(`/${bucket}/`.length)), new Date(), new Date());
  });
  await s3.run();
  const { port } = s3.httpServer.address() as AddressInfo;
  return {
    settings: {
      endpoint: `http://127.0.0.1:${port}`,
      publicEndpoint: '',
      region: 'us-east-1',
      bucket,
      prefix: 'cloudstage',
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      forcePathStyle: true,
    },
    age: (key, modifiedAt) => utimes(objectFile(directory, `cloudstage/${key}`), modifiedAt, modifiedAt),
    close: () => s3.close(),
  };
}
