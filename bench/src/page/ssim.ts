/** PURE: likeness of two pictures. */

/** Brightness of RGBA pixels, BT.601. */
export function lumaOf(rgba: ArrayLike<number>): Uint8Array {
  const luma = new Uint8Array(rgba.length / 4);
  for (let index = 0; index < luma.length; index++) {
    const at = index * 4;
    luma[index] = Math.round(0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0));
  }
  return luma;
}

const side = 8;
const step = 4;
const meanConstant = (0.01 * 255) ** 2;
const varianceConstant = (0.03 * 255) ** 2;

function ssimOfWindow(a: Uint8Array, b: Uint8Array, start: number, stride: number): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let y = 0; y < side; y++) {
    for (let at = start + y * stride, end = at + side; at < end; at++) {
      const [valueA, valueB] = [a[at] ?? 0, b[at] ?? 0];
      sumA += valueA;
      sumB += valueB;
      sumAA += valueA * valueA;
      sumBB += valueB * valueB;
      sumAB += valueA * valueB;
    }
  }
  const count = side * side;
  const [meanA, meanB] = [sumA / count, sumB / count];
  const variances = (sumAA + sumBB) / count - meanA * meanA - meanB * meanB;
  const covariance = sumAB / count - meanA * meanB;
  const likeness = (2 * meanA * meanB + meanConstant) * (2 * covariance + varianceConstant);
  return likeness / ((meanA * meanA + meanB * meanB + meanConstant) * (variances + varianceConstant));
}

/**
 * Mean structural similarity over windows of 8×8 pixels, 4 pixels apart; 1 for equal pictures.
 * @see Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment", 2004 (with a flat window)
 */
export function ssim(a: Uint8Array, b: Uint8Array, width: number): number {
  const height = a.length / width;
  let [sum, windows] = [0, 0];
  for (let y = 0; y + side <= height; y += step) {
    for (let x = 0; x + side <= width; x += step) {
      sum += ssimOfWindow(a, b, y * width + x, width);
      windows++;
    }
  }
  return windows > 0 ? sum / windows : 0;
}

/** Peak signal-to-noise ratio in dB; 99 for equal pictures. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += ((a[index] ?? 0) - (b[index] ?? 0)) ** 2;
  return sum === 0 ? 99 : Math.min(99, 10 * Math.log10(255 ** 2 / (sum / a.length)));
}
