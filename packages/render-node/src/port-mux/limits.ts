/** Bounds of the port mux, each with its reason. */
export const muxLimits = {
  /** Live routes: one per peer of every slot of a machine; far above what one machine renders. */
  routes: 1_024,
  /** Routes deleted lately whose clients still deserve an answer. 256 × ≈ 300 bytes. */
  tombstones: 256,
  /** Chromium checks a working pair every 2.5 s and gives up by itself after ≈ 30 s: a minute covers every client. */
  tombstoneMs: 60_000,
  /** Client addresses with a socket of their own; each costs one descriptor and ≈ 20 KB of kernel memory. */
  flows: 4_096,
  /** A peer has one flow per local interface and address family, and gets a new one with every NAT rebinding. */
  flowsPerRoute: 64,
  /** Browsers check consent every 2.5–5 s (RFC 7675), so a silent minute means that the client has gone. */
  flowIdleMs: 60_000,
  /** Flows are written down at most this often: 500 KB at the bound. */
  flowMemoryDelayMs: 200,
  sweepIntervalMs: 5_000,
  /** Packets kept while the socket of a new flow is being bound; a first check and its retransmissions. */
  packetsBeforeConnected: 8,
  /** Packets that wait in user space for a kernel buffer; more would only be late. */
  udpSendQueuePackets: 1_024,
  /** New flows of one source address: an office behind one NAT may start together, a scanner may not. */
  newFlowsPerAddress: { capacity: 64, perSecond: 16 },
  newFlows: { capacity: 512, perSecond: 128 },
  /** Source addresses with an allowance of their own; beyond this the least recent one is forgotten. */
  trackedAddresses: 4_096,
  /** HMAC computations over checks: ≈ 10 µs each, so that a flood costs at most 2 % of a core. */
  integrityChecks: { capacity: 2_000, perSecond: 2_000 },
  /** The same per route, so that a flood against one session leaves the others their share. */
  integrityChecksPerRoute: { capacity: 200, perSecond: 100 },
  /** A STUN check of a browser is ≈ 120 bytes; beyond one Ethernet frame it is no check. */
  checkBytes: 1_500,
  /** Frame of a TCP client (RFC 4571). WebRTC packets stay below 1,500 bytes; HTTP and TLS openings read as more. */
  tcpFrameBytes: 4_096,
  /** Time for the first valid check of a TCP connection, and for the next one after its route was deleted. */
  tcpFirstCheckMs: 5_000,
  tcpConnections: 1_024,
  tcpConnectionsPerAddress: 64,
  /** Connections without a valid check yet; the oldest makes room. */
  tcpPendingConnections: 256,
  /** Unsent bytes above which media is dropped: 256 KB is 250 ms at 8 Mbit/s, later frames are worthless. */
  tcpMediaBacklogBytes: 256 * 1_024,
  /** Unsent bytes above which DTLS and STUN are dropped as well; SCTP retransmits. */
  tcpBacklogBytes: 512 * 1_024,
  /** Asked of the kernel, which cuts it to net.core.{r,w}mem_max: bridges a garbage collection under load. */
  publicSocketBufferBytes: 4 * 1_024 * 1_024,
  flowSocketBufferBytes: 1_024 * 1_024,
  /** How often the mux looks whether its run directory still exists. */
  runDirCheckMs: 2_000,
  /** How often drop counters are logged, when they changed. */
  dropReportMs: 60_000,
} as const;
