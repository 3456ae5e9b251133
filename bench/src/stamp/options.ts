import { parseArgs } from 'node:util';

/** PURE: arguments of the stamp program. */

/**
 * What moves beside the stamp. `idle` draws nothing at all between presses, not even the stamp; `desktop` neither, but answers a
 * press at once, as toolkits do, where all others wait for their next frame, as games do.
 */
export const contents = ['idle', 'desktop', 'still', 'typing', 'scroll', 'game', 'noise', 'motion', 'colours'] as const;
export type Content = (typeof contents)[number];

/** Parsed arguments. */
export interface StampOptions {
  readonly fps: number;
  readonly content: Content;
}

/**
 * Parses `[--fps 60] [--content game]`.
 * @throws Error that says what is wrong.
 */
export function parseStampOptions(args: readonly string[]): StampOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { fps: { type: 'string', default: '60' }, content: { type: 'string', default: 'game' } },
  });
  const fps = Number(values.fps);
  if (!(fps >= 1 && fps <= 240)) throw new Error(`--fps ${values.fps} is not a number from 1 to 240`);
  const content = contents.find((name) => name === values.content);
  if (!content) throw new Error(`--content ${values.content} is none of ${contents.join(', ')}`);
  return { fps, content };
}
