import type { MediaDescription } from 'sdp-transform';

/** What a client offers against losses besides retransmission. */
export interface OfferedRepair {
  /** Payload type of parity packets over pictures. @see draft-ietf-payload-flexible-fec-scheme-03 */
  readonly fecPayloadType?: number;
  /** Payload type of sound that carries the packet before once more. @see RFC 2198 */
  readonly redPayloadType?: number;
}

const isPayloadType = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 127;

/** Redundant sound names the codec of both parts in its parameters. */
function isRedundancyOf(media: MediaDescription, redPayloadType: number, payloadType: number): boolean {
  const parameters = (media.fmtp ?? []).find(({ payload }) => payload === redPayloadType)?.config ?? '';
  return new RegExp(`^${payloadType}/${payloadType}(?:/|$)`).test(parameters);
}

/**
 * Repairs that fit a codec of an m-line. PURE. Of parity only the form in a stream of its own is taken: `red` with `ulpfec` shares the numbers of
 * the pictures, so that a lost parity packet would hold up pictures itself.
 */
export function repairOf(media: MediaDescription, payloadType: number): OfferedRepair {
  const named = (name: string) =>
    media.rtp.filter(({ codec, payload }) => codec.toLowerCase() === name && isPayloadType(payload));
  const fec = media.type === 'video' ? named('flexfec-03')[0] : undefined;
  const red =
    media.type === 'audio'
      ? named('red').find(({ payload }) => isRedundancyOf(media, payload, payloadType))
      : undefined;
  return {
    ...(fec ? { fecPayloadType: fec.payload } : {}),
    ...(red ? { redPayloadType: red.payload } : {}),
  };
}
