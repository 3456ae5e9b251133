/** Bounds of capture and encoding, each with its reason. */
export const mediaLimits = {
  /** The encoder and the desktop work below and above, but no plan sells them. */
  minSidePixels: 64,
  maxSidePixels: 4_096,
  maxFps: 120,
  /** Least sides that a client may bound the picture to, as documented for the SDK's stream profile. */
  leastBoundPixels: 128,
  /** Below this H.264 of a desktop is unreadable, above it a software encoder is not the right tool. */
  minBitrateBps: 100_000,
  maxBitrateBps: 100_000_000,
  /** Between two forced key frames: each costs as much as tens of P frames. */
  keyFrameIntervalMs: 250,
  /** After the last change the picture is refined this many times, this long after the previous frame. */
  refinements: 2,
  refinementDelayMs: 120,
  /**
   * A picture of a still screen that takes more than this share of what the target allows one says that it is still coarse; sizes vary, so this many smaller ones in a
   * row say that it is not. Until then they follow at the stream's own rate, for so long at most: 1080p of text at 1 Mbit/s needs it.
   */
  coarseShare: 0.2,
  finePictures: 4,
  sharpeningMs: 4_000,
  /**
   * A still picture is repeated this often: Chromium asks for a key frame when no picture came for three seconds, again and
   * again, and one that repeats the last has a hundredth of the bytes.
   */
  stillPictureMs: 2_500,
  /** A change of bitrate below this share is not worth touching the encoder. */
  bitrateStep: 0.03,
  /** Shortest time between two raises of the rate: a picture at 60 fps. Lowering waits for nothing. */
  bitrateIntervalMs: 16,
  /** While the player's path is full it is looked at this often; feedback comes every 50 to 100 ms. */
  holdPollMs: 4,
  /** Lowest frame rate that pressure leads to; a wish may be lower. */
  ladderMinFps: 10,
  /** Lower ones no longer look like motion: before, the picture is made smaller. */
  ladderSmoothFps: 20,
  /** Shorter side of the smallest picture that pressure leads to: text of a usual size is just readable. */
  ladderLeastLines: 360,
  /** A second with fewer pictures of changes says nothing about a rate, but that the screen is still. */
  ladderPictures: 5,
  /** Shares of target and time below which a second counts as still, too, if its pictures had the full size. */
  ladderStillShare: 0.4,
  /** Still seconds in a row that bring the full size back; doubled up to the second value each time motion took it away within the trial. */
  ladderStillReadings: 2,
  ladderMostStillReadings: 16,
  /** Bad seconds in a row that take it away again: it is known what will be needed. */
  ladderReturnReadings: 2,
  /** Share of the time that pictures may take: measured, and as they would at the full rate; and what the next higher rate must stay below. */
  ladderMostBusy: 0.85,
  ladderMostLoad: 0.95,
  ladderRoomLoad: 0.7,
  /** Share of the target above which all bits count as used. */
  ladderFullShare: 0.8,
  /** Bits a pixel of one picture: fewer are too coarse; as many as the second are enough for a higher rate. */
  ladderCoarseBits: 0.02,
  ladderFineBits: 0.035,
  /** Bad seconds in a row that lower the rate: a start of a program is shorter. */
  ladderDownReadings: 3,
  /** Good seconds in a row that raise it; doubled up to the second value each time it was too much within the trial. */
  ladderUpReadings: 8,
  ladderMostUpReadings: 120,
  ladderTrialMs: 30_000,
  /** Samples kept for percentiles: five seconds at 60 fps. */
  timingSamples: 300,
  /** Between two streams from the sound server after one has ended; doubled up to the second value while none stands. */
  recorderRestartMs: 500,
  recorderMostRestartMs: 8_000,
  /** The sound server answers within a millisecond; a machine that stands still may take some. */
  soundAnswerMs: 5_000,
  /** Between two questions who records: a program that changes its streams all the time costs no more than these. */
  recordingStreamsMs: 50,
  /** A program records for this long before its users are told: longer than one that only looks whether there is a microphone. */
  microphoneOpenMs: 250,
  /** It has not recorded for this long when they are told: longer than the pause between two streams of one program. */
  microphoneCloseMs: 1_000,
  /** A frame of the sound server: its blocks of samples have 64 KiB, its messages to us tens of bytes. */
  soundFrameBytes: 131_072,
  /** All sound that waits after a pause of this process is read at once, and what is too much of it dropped. */
  soundReadBytes: 262_144,
  /** News and answers are read in parts of this length. */
  soundNewsBytes: 16_384,
  /** Recorded sound waiting for the encoder, at most: 200 ms. More means that this process stood still. */
  audioBacklogBytes: 38_400,
  /** Digital silence after which sending stops; long enough for the client's concealment to fade. */
  silenceHangoverFrames: 50,
  /** While nothing plays, outputs get silence in pieces of this length: below what may wait of the users' voices, and far below the drift that sets the clock anew. */
  restFillMs: 50,
  /** Silence that is made up for after this process stood still: a second. */
  restFillFrames: 100,
  /** The audio clock is set anew when it is this far from the wall clock. */
  audioDriftMs: 80,
  /** Voices of one session: as many as it may have players. */
  speakers: 16,
  /** The microphone's pipe is given silence in pieces of this length while nobody speaks; programs that record wait for no longer. */
  microphoneIdleMs: 100,
  /** A voice that pauses for less than this (clients send nothing in silence) is still one that speaks. */
  speechHangoverMs: 1_000,
  /** Pieces of 10 ms that are made up for after the process stood still; older ones are left out. */
  microphoneBacklogPieces: 20,
  /** Mixed pieces that wait for the program's sound, which they are added to in live pushes. */
  speechQueuePieces: 10,
  /** How often the pointer's place is asked for while it is drawn into the picture. */
  cursorPollMs: 16,
} as const;
