import { Type } from 'typebox';

/** Live pushes: where StartPublishStream sends to, and what callers may name as a target. */
export const StreamsSchema = Type.Object(
  {
    publishDomain: Type.String({
      default: '',
      maxLength: 1_024,
      description:
        'Target of StartPublishStream without the stream name, such as rtmp://push.example.com/live; empty: the action is refused',
    }),
    signingKey: Type.String({
      default: '',
      maxLength: 256,
      description: 'Secret: key of that domain; the URL then gets txSecret = md5(key + stream name + txTime)',
    }),
    signatureSeconds: Type.Integer({
      minimum: 60,
      maximum: 31_536_000,
      default: 86_400,
      description: 'How long a signed URL is valid; reconnections of a push need it as well',
    }),
    allowPrivateUrls: Type.Boolean({
      default: false,
      description: 'Whether StartPublishStreamWithURL may name loopback, private and other addresses off the internet',
    }),
  },
  { default: {}, additionalProperties: false, description: 'Live pushes' },
);
