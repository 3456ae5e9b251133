import { createHash } from 'node:crypto';

/** What {@link buildPublishUrl} needs. */
export interface PublishUrlParts {
  /** `rtmp://host/application`. */
  readonly domain: string;
  readonly streamName: string;
  /** `''`: not signed. */
  readonly signingKey: string;
  /** Epoch milliseconds until which the signature is valid. */
  readonly expiresAt: number;
  /** Query of the caller, `a=1&b=2`. */
  readonly parameters: string;
}

/**
 * URL of a push to the installation's own domain. Signed as Tencent Cloud's CSS checks it: `txTime` is the expiry in seconds,
 * hexadecimal, and `txSecret` the MD5 of key, stream name and `txTime`. PURE.
 */
export function buildPublishUrl({ domain, streamName, signingKey, expiresAt, parameters }: PublishUrlParts): string {
  const name = encodeURIComponent(streamName);
  const txTime = Math.floor(expiresAt / 1_000)
    .toString(16)
    .toUpperCase();
  const txSecret = createHash('md5').update(`${signingKey}${name}${txTime}`).digest('hex');
  const signature = signingKey === '' ? '' : `txSecret=${txSecret}&txTime=${txTime}`;
  const query = [signature, parameters.replace(/^[?&]+/, '')].filter((part) => part !== '').join('&');
  return `${domain.replace(/\/+$/, '')}/${name}${query === '' ? '' : `?${query}`}`;
}
