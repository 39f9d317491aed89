/** What commands write: results to stdout, everything else to stderr; colour on terminals only. */
import { styleText } from 'node:util';

/** The streams of a command. */
export interface Terminal {
  /** A line of the result. */
  out(line: string): void;
  /** A line for the person: hints, warnings, errors. */
  note(line: string): void;
  /** Progress of long work: one line that is written over, on a terminal only. */
  progress(text: string): void;
  /** For commands that only print: ends the process once nobody reads on (`| head`). */
  endWhenUnread(): void;
  /** Colours text for stdout when that is a terminal. */
  paint(style: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string): string;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  let endsWhenUnread = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (endsWhenUnread) process.exit(0);
  });
  let open = false;
  const clear = (): void => {
    if (!open) return;
    process.stderr.write('\r\u001b[K');
    open = false;
  };
  return {
    out(line) {
      clear();
      process.stdout.write(`${line}\n`);
    },
    note(line) {
      clear();
      process.stderr.write(`${line}\n`);
    },
    progress(text) {
      if (!process.stderr.isTTY) return;
      process.stderr.write(`\r\u001b[K${text}`);
      open = true;
    },
    endWhenUnread() {
      endsWhenUnread = true;
    },
    paint(style, text) {
      return process.stdout.isTTY ? styleText(style, text) : text;
    },
  };
}
