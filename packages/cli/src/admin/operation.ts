import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import type { Static, TObject } from 'typebox';

/** One thing the command line can ask of a running instance: what it takes, and what is done. */
export interface AdminOperation<Input extends TObject = TObject, Output = unknown> {
  /** Closed object; anything else is refused before `run` sees it. */
  readonly input: Input;
  /** The answer must survive JSON. Failures are thrown as AppError and reach the caller with code and text. */
  run(admin: ControlPlaneAdmin, input: Static<Input>): Promise<Output>;
}

/** Declares an operation; exists so that input and answer keep their exact types. */
export function defineOperation<Input extends TObject, Output>(
  operation: AdminOperation<Input, Output>,
): AdminOperation<Input, Output> {
  return operation;
}

/** Operations by name. */
export type AdminOperationTable = Readonly<Record<string, AdminOperation>>;
