import type { PictureActivity } from './picture-activity.js';
import { vbvBufferBits } from './rate-control.js';
import { x264Quantizers } from './x264-settings.js';

/** A picture that is about to be encoded. */
export interface NextPicture {
  readonly activity: PictureActivity;
  readonly keyFrame: boolean;
  /** Microseconds of a clock that never goes back. */
  readonly timeUs: number;
}

/** What came of it. */
export interface CodedPicture {
  readonly quantizer: number;
  readonly bits: number;
}

/**
 * Chooses the quantizer of each picture, H.264's QP: as fine as can be seen while the target allows it, else as coarse as it takes. PURE apart from
 * its memory.
 */
export interface QuantizerControl {
  /** For the next picture. */
  choose(picture: NextPicture): number;
  /** What the encoder made of the picture that was chosen for last. */
  onPicture(made: CodedPicture): void;
  /**
   * The quantizer for encoding the same picture again, as a key frame, when it has come out so large that a path would stand still for it: the scene has
   * changed, which nobody knew. Null: it may be sent.
   */
  again(made: CodedPicture): number | null;
  setBitrate(bitrateBps: number): void;
}

/** Step sizes of H.264 double with every six quantizers. */
const stepsPerDoubling = 6;
/**
 * Finer ones cannot be seen: `least` where nothing moves; `quantizer` where a picture of the quantizer `reference` takes `bitsPerPixel`, and one more
 * with each doubling, at `fps`; at half of that, where a picture is seen for twice as long, finer by `stepsPerHalfRate`. It is what x264's constant
 * rate factor 21 comes to in games, text and noise, by measurement.
 */
const finest = {
  least: 16,
  most: 24,
  reference: 20,
  bitsPerPixel: 0.02,
  quantizer: 17.8,
  fps: 60,
  stepsPerHalfRate: 3,
} as const;
/**
 * Finer than `quantizer`, a picture takes at most this share of what the bitrate allows one: what it would gain is hard to see, and a picture that takes
 * all of a path is as long as the time to the next one, which waits for it.
 */
const fine = { quantizer: 25, share: 0.65 } as const;
/** A picture that takes more than this part of that share is held there. */
const savingPart = 0.7;
/** Less than this is no change of scene. */
const leastChange = 0.5;
/** A picture that takes this much of what a key frame would take shows another scene. */
const sceneChangeShare = 0.5;
/** A picture gets finer by this much at most, so that a forecast that is wrong costs little. */
const mostFiner = 2;
/**
 * And coarser by this much beyond what the bitrate has fallen, as long as it is no key frame: a picture that changes everywhere may be one that moves, which
 * a forecast from differences takes for a new scene. Made as coarse as that, it would take all that was fine with it, and with that what the next ones
 * could be predicted from. One that is a new scene is made again.
 */
const mostCoarser = 4;
/** Bits of a picture in which nothing is coded. */
const emptyBits = 800;
/** What was sent too much is saved over this many pictures. */
const paybackPictures = 6;
/** What was not sent may be sent later, up to this many pictures' share. */
const creditPictures = 4;
/** Bounds of what a picture may take, in shares. */
const shares = { least: 0.4, most: 3 } as const;
/** Of the buffer: a key frame; above `tooLarge` a new scene is made anew with `again`; `intolerable` is taken for a new scene. */
const bufferParts = { keyFrame: 0.7, tooLarge: 0.9, intolerable: 1.3, again: 0.45 } as const;
/** Before anything is known: bits for each unit of activity at an {@link inverseStep} of one. */
const firstGuess = { key: 4, change: 0.6, residue: 4 } as const;
/** How far one picture changes what is known: more when it came out larger than forecast, as that is what costs delay. */
const learning = { up: 0.7, down: 0.3, mostFactor: 8, smallBits: 2_000, leastRate: 0.01, mostRate: 200 } as const;

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/** 1 / step size, up to a constant: bits rise with it. */
const inverseStep = (quantizer: number) => 2 ** (-quantizer / stepsPerDoubling);

/** The quantizer, not rounded. */
const placeOf = (inverse: number) => -stepsPerDoubling * Math.log2(Math.max(1e-6, inverse));

const quantizerAt = (place: number) => clamp(Math.round(place), x264Quantizers.least, x264Quantizers.most);

/** The factor that brings a forecast nearer to what came; near 1 where both are small, and tell little. */
const correction = (actual: number, forecast: number) => {
  const ratio = (actual + learning.smallBits) / (forecast + learning.smallBits);
  return clamp(ratio, 1 / learning.mostFactor, learning.mostFactor) ** (ratio > 1 ? learning.up : learning.down);
};

/** Forecasts bits from activity and 1 / step size, and learns from what comes. */
function createSizeModel() {
  const rates = { ...firstGuess } as Record<keyof typeof firstGuess, number>;
  /** Of the last picture: what is finer than that is missing in it. */
  let lastInverse = 0;
  const asKeyFrame = ({ detail }: PictureActivity, inverse: number) => rates.key * detail * inverse;
  /** Bits of what has changed, and of what the last picture left out. */
  const forecast = ({ activity, keyFrame }: NextPicture, inverse: number) => {
    if (keyFrame) return { main: asKeyFrame(activity, inverse), residue: 0 };
    const residue = rates.residue * activity.detail * Math.max(0, inverse - lastInverse);
    return { main: rates.change * activity.change * inverse, residue };
  };
  return {
    asKeyFrame,
    forecast,
    /** The 1 / step size that takes so many bits; the inverse of the forecast, which rises in two straight lines. */
    solve: ({ activity, keyFrame }: NextPicture, bits: number) => {
      if (keyFrame) return bits / Math.max(1, rates.key * activity.detail);
      const change = rates.change * activity.change;
      const atLast = change * lastInverse;
      if (bits <= atLast) return bits / Math.max(1, change);
      return lastInverse + (bits - atLast) / Math.max(1, change + rates.residue * activity.detail);
    },
    learn: (picture: NextPicture, { quantizer, bits }: CodedPicture) => {
      const { main, residue } = forecast(picture, inverseStep(quantizer));
      const kind = picture.keyFrame ? 'key' : main >= residue ? 'change' : 'residue';
      const factor = correction(Math.max(0, bits - emptyBits), main + residue);
      rates[kind] = clamp(rates[kind] * factor, learning.leastRate, learning.mostRate);
    },
    get lastInverse() {
      return lastInverse;
    },
    /** The picture that was sent had this quantizer. */
    onSent: (quantizer: number) => {
      lastInverse = inverseStep(quantizer);
    },
  };
}

/**
 * Creates the control of one encoder.
 * @param fps pictures a second that share the bitrate
 * @param bitrate bits a second
 */
export function createQuantizerControl(
  { width, height, fps }: { readonly width: number; readonly height: number; readonly fps: number },
  bitrate: number,
): QuantizerControl {
  const model = createSizeModel();
  let bitrateBps = bitrate;
  /** Bits sent beyond the bitrate; negative: not used of it. */
  let debt = 0;
  let lastBits = 0;
  let lastUs: number | undefined;
  let current: NextPicture | undefined;
  /** Steps by which the bitrate has fallen since the last picture. */
  let fallen = 0;

  const finerByRate = finest.stepsPerHalfRate * Math.log2(finest.fps / Math.min(finest.fps, fps));
  const share = () => bitrateBps / fps;
  const buffer = () => vbvBufferBits(bitrateBps, fps);
  const pay = (timeUs: number) => {
    const passed = (Math.max(0, timeUs - (lastUs ?? timeUs)) * bitrateBps) / 1_000_000;
    debt = Math.max(-creditPictures * share(), debt - passed);
    lastUs = timeUs;
  };
  const allowance = (keyFrame: boolean) => {
    if (keyFrame) return Math.max(share(), buffer() * bufferParts.keyFrame - Math.max(0, debt));
    const saved = debt > 0 ? debt / paybackPictures : debt / 2;
    return clamp(share() - saved, shares.least * share(), shares.most * share());
  };
  const finestOf = (picture: NextPicture) => {
    const bitsPerPixel = model.forecast(picture, inverseStep(finest.reference)).main / (width * height);
    const doublings = Math.log2(Math.max(1e-6, bitsPerPixel / finest.bitsPerPixel));
    return clamp(finest.quantizer + doublings - finerByRate, finest.least, finest.most - finerByRate);
  };
  /** The quantizer that the bits allow. */
  const affordable = (picture: NextPicture) => {
    const all = placeOf(model.solve(picture, Math.max(1, allowance(picture.keyFrame) - emptyBits)));
    if (picture.keyFrame) return all;
    const part = placeOf(model.solve(picture, Math.max(1, share() * fine.share - emptyBits)));
    return Math.max(all, Math.min(part, fine.quantizer));
  };
  /** With bits to spare a forecast that is too high must not keep pictures coarse: it would never be put right. What is fine saves them on purpose. */
  const coarsestWithCredit = (last: number) => {
    const isSaving = last <= fine.quantizer && lastBits > share() * fine.share * savingPart;
    return debt > -share() || isSaving ? Number.POSITIVE_INFINITY : last - 1;
  };
  const isNewScene = ({ activity, keyFrame }: NextPicture, { quantizer, bits }: CodedPicture) => {
    if (keyFrame) return true;
    // One that stands is being sharpened: a key frame would be coarser than what is there.
    if (activity.change <= width * height * leastChange) return false;
    // Most of a smaller one was predicted from the picture before, and a key frame would be larger.
    const asKeyFrame = model.asKeyFrame(activity, inverseStep(quantizer));
    return bits >= Math.min(asKeyFrame * sceneChangeShare, buffer() * bufferParts.intolerable);
  };

  return {
    choose: (picture) => {
      current = picture;
      pay(picture.timeUs);
      const wanted = Math.max(affordable(picture), finestOf(picture));
      if (picture.keyFrame || model.lastInverse === 0) return quantizerAt(wanted);
      const last = placeOf(model.lastInverse);
      const least = Math.max(last - mostFiner, finestOf(picture));
      return quantizerAt(Math.max(Math.min(wanted, coarsestWithCredit(last), last + mostCoarser + fallen), least));
    },
    onPicture: (made) => {
      if (current) model.learn(current, made);
      fallen = 0;
      debt += made.bits;
      lastBits = made.bits;
      model.onSent(made.quantizer);
    },
    again: (made) => {
      const owed = Math.max(0, debt);
      const isSmall = made.bits < 2 * share() || made.bits + owed <= buffer() * bufferParts.tooLarge;
      if (!current || isSmall || made.quantizer === x264Quantizers.most || !isNewScene(current, made)) return null;
      model.learn(current, made);
      current = { ...current, keyFrame: true };
      const most = Math.max(2 * share(), (buffer() - owed) * bufferParts.again);
      const coarser = Math.max(1, stepsPerDoubling * Math.log2(made.bits / most));
      return quantizerAt(Math.max(made.quantizer + coarser, placeOf(model.solve(current, most))));
    },
    setBitrate: (value) => {
      fallen = Math.max(0, fallen + stepsPerDoubling * Math.log2(bitrateBps / value));
      bitrateBps = value;
    },
  };
}
