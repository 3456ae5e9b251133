/** Video codecs that this program encodes, by their RTP encoding names; the first is taken when nobody wishes anything. */
export const videoCodecs = ['H264', 'VP8', 'AV1'] as const;

/** See {@link videoCodecs}. */
export type VideoCodec = (typeof videoCodecs)[number];

/** Those that every node encodes, and that a client gets without asking. */
export const commonCodecs = ['H264', 'VP8'] as const satisfies readonly VideoCodec[];

/** See {@link commonCodecs}. */
export type CommonCodec = (typeof commonCodecs)[number];

/** Letters and digits in upper case: `h.264` is H264. */
const plainName = (name: string) => name.replace(/[^a-z0-9]/gi, '').toUpperCase();

const isCommon = (codec: VideoCodec): codec is CommonCodec => commonCodecs.some((common) => common === codec);

/** Who comes, and what is there already. */
export interface CodecWishes {
  /** Of the client, most wanted first; null or undefined when it says nothing. Encoding names, with or without punctuation, in any case. */
  readonly preferredCodecList: readonly string[] | null | undefined;
  /** Never to be negotiated in this session; names as above. */
  readonly disabledVideoCodecs: readonly string[];
  /** Encoded for others at the moment. */
  readonly running: readonly VideoCodec[];
  /** What this node encodes fast enough, and that does not fail. */
  readonly available: readonly VideoCodec[];
  /** Those of them that cannot be made at the moment: for who takes no other. */
  readonly failing?: readonly VideoCodec[];
}

/**
 * Codecs that a peer may get, best first; empty when none is left. PURE.
 *
 * A list that names a common codec is binding: a client whose decoder has failed says `["VP8"]` and must not get H.264 again. One that names
 * AV1 alone, or none of ours, asks for what not every node and browser has, and is followed by the common ones. Within what is allowed, a codec
 * that is encoded for others anyway comes first, so that a session has one encoder as long as its clients agree.
 */
export function rankCodecs(wishes: CodecWishes): VideoCodec[] {
  const { preferredCodecList, disabledVideoCodecs, running, available, failing = [] } = wishes;
  const named = (preferredCodecList ?? []).flatMap((name) => videoCodecs.filter((codec) => codec === plainName(name)));
  const accepted = [...new Set(named.some(isCommon) ? named : [...named, ...commonCodecs])];
  const never = new Set(disabledVideoCodecs.map(plainName));
  const allowed = accepted.filter((codec) => available.includes(codec) && !never.has(codec));
  const rank = (codec: VideoCodec) => (failing.includes(codec) ? 2 : running.includes(codec) ? 0 : 1);
  return allowed.sort((one, other) => rank(one) - rank(other));
}

/**
 * What a client gets on a WebSocket, whose messages know the common codecs only. PURE.
 * @param ranking best first; a project leaves it one of the common codecs
 */
export function socketCodec(ranking: readonly VideoCodec[]): CommonCodec {
  return ranking.find(isCommon) ?? commonCodecs[0];
}
