import { expect, it } from 'vitest';
import { hashOf } from '../stamp/motion.js';
import { lumaOf, psnr, ssim } from './ssim.js';

const width = 64;
const picture = Uint8Array.from({ length: width * 48 }, (_, index) => 40 + Math.floor(hashOf(index) * 160));
const noisy = (amount: number) =>
  picture.map((value, index) => value + Math.round((hashOf(index + 9_999) - 0.5) * amount));

it('is 1 for the same picture and falls with noise, shift and flatness', () => {
  expect(ssim(picture, picture, width)).toBeCloseTo(1, 9);
  const [little, much] = [ssim(picture, noisy(10), width), ssim(picture, noisy(80), width)];
  expect(little).toBeGreaterThan(0.98);
  expect(much).toBeLessThan(little);
  expect(
    ssim(
      picture,
      picture.map((_, index) => picture[index + 1] ?? 0),
      width,
    ),
  ).toBeLessThan(0.2);
  expect(ssim(picture, new Uint8Array(picture.length).fill(120), width)).toBeLessThan(0.2);
  expect(psnr(picture, picture)).toBe(99);
  expect(psnr(picture, noisy(10))).toBeGreaterThan(psnr(picture, noisy(80)));
  expect(psnr(Uint8Array.of(0, 0), Uint8Array.of(255, 255))).toBe(0);
});

it('weighs colours as the eye does', () => {
  expect([...lumaOf([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 0])]).toEqual([76, 150, 29, 255]);
});
