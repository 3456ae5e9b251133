import { Type } from 'typebox';

const S3Schema = Type.Object(
  {
    endpoint: Type.String({ default: '', description: 'URL of the S3 service; empty: AWS in the region' }),
    publicEndpoint: Type.String({
      default: '',
      description: 'URL at which uploading clients reach the same service; empty: the endpoint',
    }),
    region: Type.String({ minLength: 1, default: 'us-east-1', description: 'Region of the bucket' }),
    bucket: Type.String({ default: '', description: 'Bucket, which must exist' }),
    prefix: Type.String({
      default: '',
      pattern: '^([^/]+(/[^/]+)*)?$',
      description: 'Put before every key, so that a bucket can be shared',
    }),
    accessKeyId: Type.String({
      default: '',
      description: 'Id of the access key; empty: the credentials of the environment, such as the role of the machine',
    }),
    secretAccessKey: Type.String({ default: '', description: 'Secret of the access key' }),
    forcePathStyle: Type.Boolean({
      default: false,
      description: 'Bucket in the path instead of the host name, as most self-hosted services want it',
    }),
  },
  { default: {}, additionalProperties: false, description: 'S3 bucket of packages, when storage.type is s3' },
);

/** Where packages are kept. */
export const StorageSchema = Type.Object(
  {
    type: Type.Union([Type.Literal('fs'), Type.Literal('s3')], {
      default: 'fs',
      description: 'Where packages are kept: in dataDir, or in an S3 bucket',
    }),
    s3: S3Schema,
  },
  { default: {}, additionalProperties: false, description: 'Storage of packages' },
);
