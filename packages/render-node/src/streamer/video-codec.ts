/** Video codecs that this program encodes, by their RTP encoding names; the first is taken when nobody wishes anything. */
export const videoCodecs = ['H264', 'VP8'] as const;

/** See {@link videoCodecs}. */
export type VideoCodec = (typeof videoCodecs)[number];

/** Letters and digits in upper case: `h.264` is H264. */
const plainName = (name: string) => name.replace(/[^a-z0-9]/gi, '').toUpperCase();

/** Who comes, and what is there already. */
export interface CodecWishes {
  /** Of the client, most wanted first; null or undefined when it says nothing. Encoding names, with or without punctuation, in any case. */
  readonly preferredCodecList: readonly string[] | null | undefined;
  /** Never to be negotiated in this session; names as above. */
  readonly disabledVideoCodecs: readonly string[];
  /** Encoded for others at the moment. */
  readonly running: readonly VideoCodec[];
}

/**
 * Codecs that a peer may get, best first; empty when none is left. PURE.
 *
 * A list that names a codec of ours is binding: a client whose decoder has failed says `["VP8"]` and must not get H.264 again. One that names
 * none of ours cannot be fulfilled by anybody and counts for nothing. Within what is allowed, a codec that is encoded for others anyway comes
 * first, so that a session has one encoder as long as its clients agree.
 */
export function rankCodecs({ preferredCodecList, disabledVideoCodecs, running }: CodecWishes): VideoCodec[] {
  const named = (preferredCodecList ?? []).flatMap((name) => videoCodecs.filter((codec) => codec === plainName(name)));
  const accepted = named.length > 0 ? [...new Set(named)] : videoCodecs;
  const never = new Set(disabledVideoCodecs.map(plainName));
  const allowed = accepted.filter((codec) => !never.has(codec));
  return [
    ...allowed.filter((codec) => running.includes(codec)),
    ...allowed.filter((codec) => !running.includes(codec)),
  ];
}
