import { AppError, isAppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { limits } from '../limits.js';

/**
 * A long answer on its way through the socket: one JSON object a line. The last one says how it ended, so that an answer that
 * was cut off is never taken for a whole one.
 */
const LineSchema = Type.Union([
  Type.Object({ text: Type.String() }),
  Type.Object({ end: Type.Literal(true) }),
  Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) }),
]);

/** Pieces as lines; what goes wrong on the way is the last line, after it was told to `onBug` when it is one. */
export async function* encodeLines(
  pieces: AsyncIterable<string>,
  onBug: (error: unknown) => void,
): AsyncGenerator<string> {
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
  try {
    for await (const text of pieces) yield line({ text });
  } catch (error) {
    if (!isAppError(error)) onBug(error);
    const { code, message } = isAppError(error) ? error : { code: 'internal', message: insideFailure };
    yield line({ error: { code, message } });
    return;
  }
  yield line({ end: true });
}

/** What is told of a bug; the rest is in the log. */
export const insideFailure = 'It failed inside; see the log file.';

async function* splitLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > limits.adminAnswerBytes) throw new Error('a piece of the answer is too large');
    yield* parts;
  }
}

/**
 * Lines as pieces.
 * @throws AppError the instance's own code, or `admin-failed` when the answer was cut off.
 */
export async function* decodeLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    for await (const text of splitLines(chunks)) {
      const line: unknown = JSON.parse(text);
      if (!Value.Check(LineSchema, line)) throw new Error('the answer has an unknown form');
      if ('end' in line) return;
      if ('error' in line) throw new AppError(line.error.code, line.error.message);
      yield line.text;
    }
  } catch (error) {
    if (isAppError(error)) throw error;
    throw cutOff(error);
  }
  throw cutOff(null);
}

const cutOff = (cause: unknown) =>
  new AppError('admin-failed', 'The running instance ended in the middle of its answer. Try again.', { cause });
