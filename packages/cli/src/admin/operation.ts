import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import type { Static, TObject } from 'typebox';

/** One thing the command line can ask of a running instance: what it takes, and what is done. */
export interface AdminOperation<Input extends TObject = TObject, Output = unknown> {
  /** Closed object; anything else is refused before `run` sees it. */
  readonly input: Input;
  /** The answer must survive JSON. Failures are thrown as AppError and reach the caller with code and text. */
  run(admin: ControlPlaneAdmin, input: Static<Input>): Promise<Output>;
}

/** An operation whose answer is a text of any length, told piece by piece. */
export interface AdminStream<Input extends TObject = TObject> {
  readonly input: Input;
  /** Pieces of at most `limits.adminAnswerBytes`; the next one is asked for when the caller has taken the last. */
  read(admin: ControlPlaneAdmin, input: Static<Input>): AsyncIterable<string>;
}

/** Declares an operation; exists so that input and answer keep their exact types. */
export function defineOperation<Input extends TObject, Output>(
  operation: AdminOperation<Input, Output>,
): AdminOperation<Input, Output> {
  return operation;
}

/** Declares an operation with a long answer. */
export function defineStream<Input extends TObject>(stream: AdminStream<Input>): AdminStream<Input> {
  return stream;
}

/** Operations by name. */
export type AdminOperationTable = Readonly<Record<string, AdminOperation>>;

/** Operations with long answers by name; no name is in both tables. */
export type AdminStreamTable = Readonly<Record<string, AdminStream>>;
