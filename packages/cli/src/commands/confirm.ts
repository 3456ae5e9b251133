import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError } from '@cloudstage/protocol';
import type { CommandContext } from './context.js';

/** Option of commands that destroy something. */
export interface ConfirmOptions {
  readonly yes?: boolean;
}

/** What every question needs. */
export type AskContext = Pick<CommandContext, 'stdin' | 'stderr' | 'signal'>;

/** Asks on the terminal; with `hidden` what is typed is not shown. */
export async function ask(context: AskContext, question: string, hidden = false): Promise<string> {
  let shown = true;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (shown) context.stderr.write(String(chunk));
      done();
    },
  });
  const reader = createInterface({ input: context.stdin, output, terminal: context.stdin.isTTY === true });
  try {
    const answer = reader.question(question, { signal: context.signal });
    // The question itself has been written by now; what follows is the echo.
    shown = !hidden;
    return (await answer).trim();
  } finally {
    reader.close();
    if (hidden) context.stderr.write('\n');
  }
}

/**
 * Goes on only when the user agrees, by `--yes` or on the terminal.
 * @throws AppError `option-invalid` without a terminal, `interrupted` when the user does not agree.
 */
export async function confirm(context: AskContext, options: ConfirmOptions, what: string): Promise<void> {
  if (options.yes === true) return;
  if (context.stdin.isTTY !== true) {
    throw new AppError('option-invalid', `${what} needs a confirmation: add --yes.`);
  }
  const answer = await ask(context, `${what}. Go on? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new AppError('interrupted', 'Nothing was changed.');
}
