import { AppError } from '@cloudstage/protocol';
import { domainLimits } from './limits.js';

/**
 * Splits a parameter text as the compatible API defines it: white space separates, double quotes group, and a quote in the
 * middle of a word joins (`a"b c"` is `ab c`). There are no escapes and no shell. An unclosed quote runs to the end.
 * @throws AppError `too-many-arguments` above 256.
 */
export function splitArguments(text: string): string[] {
  const args: string[] = [];
  let current: string | null = null;
  let quoted = false;
  for (const char of text) {
    if (char === '"') {
      quoted = !quoted;
      current ??= '';
    } else if (!quoted && /\s/.test(char)) {
      if (current !== null) args.push(current);
      current = null;
    } else {
      current = (current ?? '') + char;
    }
  }
  if (current !== null) args.push(current);
  if (args.length > domainLimits.maxProgramArguments) {
    throw new AppError(
      'too-many-arguments',
      `a program takes at most ${domainLimits.maxProgramArguments} arguments, got ${args.length}`,
    );
  }
  return args;
}
