/** Lines for the person who started the instance. */
export interface Console {
  /** One line. */
  line(text: string): void;
  /** A step that takes a while; on a terminal its time runs until the next line. */
  step(text: string): void;
  /** Ends the running step, if there is one. */
  endStep(): void;
}

/** The part of a stream that is needed. */
export interface ConsoleStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const frameMs = 250;

/** Writes to `stream`; on a terminal a running step is redrawn in place. */
export function createConsole(stream: ConsoleStream): Console {
  let timer: NodeJS.Timeout | null = null;

  function endStep(): void {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    stream.write('\n');
  }

  return {
    line: (text) => {
      endStep();
      stream.write(`${text}\n`);
    },
    step: (text) => {
      endStep();
      if (stream.isTTY !== true) {
        stream.write(`${text} …\n`);
        return;
      }
      const startedAt = Date.now();
      const draw = (): void => {
        const seconds = Math.round((Date.now() - startedAt) / 1000);
        stream.write(`\r\x1b[K${text} … ${seconds > 0 ? `${seconds} s` : ''}`);
      };
      draw();
      timer = setInterval(draw, frameMs);
    },
    endStep,
  };
}
