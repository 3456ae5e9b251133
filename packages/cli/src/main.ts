import { isAppError } from '@cloudstage/protocol';
import { createProgram } from './program.js';

/** The `cloudstage` command. What a command throws is printed for people; a trace is for bugs only. */
let exitCode = 0;
try {
  await createProgram((code) => {
    exitCode = code;
  }).parseAsync();
} catch (error) {
  process.stderr.write(`${isAppError(error) ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  exitCode = 1;
}
// Everything is closed by now; a handle that some library keeps must not keep the process.
process.exit(exitCode);
