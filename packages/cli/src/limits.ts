/** Bounds of the command line and the all-in-one mode, each with its reason. */
export const limits = {
  /** 45 MB from a Debian mirror: ten minutes still work at 75 KB/s. */
  demoDownloadMs: 600_000,
  /** Unpacking and packing 50 MB on a slow disk. */
  demoPackMs: 180_000,
  /** Standard output kept of a tool that failed; its last lines hold the reason. */
  toolOutputChars: 16_384,
  /** Body of a request to the admin socket: names and paths only. */
  adminBodyBytes: 65_536,
  /** Answer of the admin socket, or one piece of a long one: a page of 200 sessions or 500 usage records is 200 KB. */
  adminAnswerBytes: 4_194_304,
  /** Ingest of a large package is hashing at disk speed: half an hour is 100 GB. */
  adminCallMs: 1_800_000,
  /** Everything starts within a few seconds; the display and sound of the slots are what is waited for. */
  startMs: 60_000,
  /** `node.describe` answers from memory. */
  describeNodeMs: 5_000,
  /** A part that tries again and again tells the console the same only once in this time; the log file has all. */
  consoleRepeatMs: 60_000,
  /** Different texts remembered for that. */
  consoleTexts: 64,
  /** Ending programs may take their 5 s of grace, in order: sessions, node, database. */
  closeStepMs: 15_000,
  /** Attempts to take the instance lock over from a dead process; a second one is only needed in a race. */
  lockAttempts: 3,
  /** Unix socket paths are 108 bytes with the final zero. */
  socketPathBytes: 107,
  /** Rows of one page of the cloud API: its own bound. */
  pageRows: 100,
  /** Sessions and nodes of one page of the instance: its own bound. */
  adminPageRows: 200,
  /** Background image: the control plane takes 2 MB. */
  imageBytes: 2 * 1_048_576,
  /** What happens to sessions is asked for this often while it is watched. */
  feedPollMs: 1_000,
  /** A node that is drained is looked at this often: sessions last minutes. */
  drainPollMs: 2_000,
  /** Rows of a whole list: more is no use on a terminal, and a server that never ends a list must not fill the memory. */
  listRows: 10_000,
  /**
   * Part of a package that is sent in one request: a lost connection costs at most this much, and a progress bar moves at
   * 1 MB/s every eight seconds.
   */
  uploadChunkBytes: 8_388_608,
  /** Pauses before a request is sent again: a restart of the server is survived, a longer outage resumed by hand. */
  uploadRetryMs: [500, 1_000, 3_000, 5_000, 10_000, 20_000],
  /** Text of a server that is shown when it refuses something: a proxy's page would fill the screen. */
  shownBodyChars: 500,
  /** A secret key on standard input: the platform's have 32 characters. */
  secretChars: 1_024,
  /** The state of a version is asked for this often while it is made. */
  versionPollMs: 1_000,
  /** A package of 10 GB is unpacked at 10 MB/s in 17 minutes; distribution and a slow disk come on top. */
  versionWaitMs: 7_200_000,
} as const;
