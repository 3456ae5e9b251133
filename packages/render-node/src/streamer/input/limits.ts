/** Bounds of input injection, each with its reason. */
export const inputLimits = {
  /** XTEST carries motion as signed 16-bit numbers. */
  motionPixels: 32_767,
  /** Notches one wheel message may cause: a fast flick is below ten, and each costs two X events and a program's reaction. */
  notchesPerMessage: 20,
  /** Texts up to this length are typed; longer ones are pasted, which takes the same time for any length. */
  typedChars: 256,
  /** Texts waiting to be typed: an input method sends one for every character, and each takes milliseconds. */
  queuedTexts: 256,
  /**
   * A keycode keeps its character for this long before it gets another one. Programs read the keymap lazily: with less,
   * a busy program looks a key up after it changed its meaning and shows the wrong character. 60 ms is enough for an idle
   * Tk or Wine, not for an Xlib program on a busy machine. There are over a hundred keycodes: only long texts ever wait.
   */
  keycodeHoldMs: 300,
  /** Programs get this long to ask for the pasted text before a following paste may replace it. */
  pasteGraceMs: 300,
  /** Bytes a selection may answer in one property; more goes in pieces (INCR). Well under the 256 KB of a request. */
  selectionChunkBytes: 65_536,
  /** Requestors served in pieces at one time. */
  selectionTransfers: 16,
  /** A requestor that does not take its next piece within this time has given up. */
  selectionTransferTimeoutMs: 5_000,
  /** Targets of one MULTIPLE request. */
  selectionMultiple: 32,
  /** Cursor images remembered by their serial: an animated cursor has up to a few dozen frames. */
  cursorImages: 64,
  /** Largest cursor a browser accepts in CSS, in pixels. */
  cursorPixels: 128,
  /** Animated cursors change at the display's rate; the client needs no more than this. */
  cursorIntervalMs: 50,
  /** Programs and setxkbmap change the keymap in bursts of notifications. */
  keymapSettleMs: 50,
  /** setxkbmap needs ≈ 20 ms. */
  layoutTimeoutMs: 5_000,
} as const;
