/** Bounds of everything that crosses the wire between client, control plane and node, each with its reason. */
export const limits = {
  /** Base64 text of a ClientSession: a browser offer is ≈ 8 KB; ten times that leaves room for many codecs. */
  clientSessionChars: 131_072,
  /** SDP text inside it. */
  sdpChars: 65_536,
  /** One data channel message; the official SDK announces `max-message-size:262144` and its `paste` may use all of it. */
  channelMessageBytes: 262_144,
  /** Objects inside one `key_seq` message: a page can batch, it cannot run a macro of unbounded length. */
  keySequenceLength: 256,
  /** Characters of a `paste`. */
  pasteChars: 262_144,
  /** UserId of the cloud API. */
  userIdChars: 128,
  /** ApplicationParameters of CreateSession. */
  applicationParametersChars: 4_096,
  /** URL of a live push; keys and signatures in its query are a few hundred characters. */
  publishUrlChars: 2_048,
  /** Custom reason texts shown to a user. */
  messageChars: 1_024,
} as const;
