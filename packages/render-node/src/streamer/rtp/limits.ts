/** Bounds of RTP and RTCP handling, each with its reason. */
export const rtpLimits = {
  /** Payload bytes of one packet: with RTP header, extensions, SRTP tag, UDP and IP it stays below 1280 (IPv6 minimum MTU). */
  payloadBytes: 1_200,
  /** Header, extensions and RTX sequence number at most; larger ones are a bug. */
  headerBytes: 64,
  /** Packets kept for retransmission: more than one second of 20 Mbit/s. */
  historyPackets: 2_048,
  historyBytes: 4_194_304,
  /** After this a lost packet is worthless: the receiver has asked for a key frame. */
  historyAgeMs: 1_500,
  /** Times one packet is sent again; a path that loses four in a row needs a key frame. */
  resendsPerPacket: 4,
  /** Shortest time between two resends of a packet when the round trip is unknown or tiny. */
  resendIntervalMs: 8,
  /** Lost packets of one feedback that are sent again unasked: more is a queue that overflowed. */
  unaskedRepairs: 16,
  /** Sequence numbers acted on from one NACK message: a receiver that lost more needs a key frame. */
  nackedPerMessage: 256,
  /**
   * When more is missing than the path carries in this time, a key frame costs less than what was lost and is newer. Fewer packets than this
   * are always sent again.
   */
  repairMs: 120,
  repairPackets: 32,
  /** One RTCP datagram fits an MTU; anything longer is not RTCP. */
  rtcpBytes: 2_048,
  rtcpPacketsPerDatagram: 32,
  /** Packet statuses in the transport-wide feedback of one datagram; at 60 ms intervals a 100 Mbit/s stream has ≈ 600. */
  twccStatuses: 4_096,
  /** Sent packets remembered until feedback names them. */
  sentPackets: 8_192,
  /** After this no feedback names them any more: longer than the slowest round trip and the longest feedback interval. */
  sentPacketsUs: 4_000_000,
  /** Window in which an identical RTCP datagram is the library's second delivery, not the peer's second message. */
  duplicateWindowUs: 4_000,
  duplicateRing: 8,
  /** Sender reports; RFC 3550 asks for five seconds, browsers synchronise faster with one. */
  senderReportIntervalMs: 1_000,
  /** Packets the pacer holds at most: several key frames; beyond it the frame is dropped and a key frame asked for. */
  pacerPackets: 4_096,
  /** Padding waiting at most: one probe. */
  pacerPadding: 128,
  /** A trailing or lossy viewer makes all others pay for its key frames: this many at once, then one in each interval. */
  viewerKeyFrames: 2,
  viewerKeyFrameIntervalMs: 2_000,
  /** A PLI this soon after a key frame left, or a round trip, was written before it arrived. */
  keyFrameUnderWayMs: 60,
} as const;
