/**
 * Reads one HTTP/1.1 answer after another from a socket's bytes and compares each with what it must
 * be. The half of the load generator that decides what counts as an answer.
 *
 * It is small so that it costs little, and strict so that nothing wrong is counted: status 200, framed
 * by Content-Length (RFC 9112 section 6.3), and every byte of the body equal to the expected one.
 */

/** Why an answer does not count. */
export type AnswerFault =
  | 'bad-head'
  | 'wrong-status'
  | 'no-content-length'
  | 'wrong-length'
  | 'wrong-body'
  | 'surplus-bytes'
  | 'cut-short'
  | 'timed-out';

/** Where the reader stands after some bytes. */
export type ReadState = 'more' | 'complete' | AnswerFault;

/** Reads the answers of one connection. */
export interface AnswerReader {
  /** Takes `chunk[0, length)`; the memory may be reused afterwards. */
  read(chunk: Buffer, length: number): ReadState;
  /** The connection has ended: what that means for the answer that was awaited. */
  end(): AnswerFault;
  /** Whether the last complete answer announced the end of the connection. */
  closes(): boolean;
  /** The head of the answer that is being read or was read last, for error messages. */
  head(): string;
}

const MAX_HEAD_BYTES = 32_768;
const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+) *\r\n/i;
const CONNECTION_CLOSE = /\r\nconnection: *close *\r\n/i;

/**
 * A reader of answers whose bodies must all be `expected`.
 *
 * One request is outstanding at a time: bytes after the end of an answer are a fault.
 */
export function answerReader(expected: Buffer): AnswerReader {
  let pending: Buffer | undefined;
  let head = '';
  /** Bytes of the body seen so far; -1 while the head is incomplete. */
  let bodySeen = -1;

  const readBody = (chunk: Buffer, start: number, end: number): ReadState => {
    const seen = bodySeen + (end - start);
    if (seen > expected.length) return 'surplus-bytes';
    if (chunk.compare(expected, bodySeen, seen, start, end) !== 0) return 'wrong-body';
    bodySeen = seen;
    if (seen < expected.length) return 'more';
    bodySeen = -1;
    return 'complete';
  };

  const checkHead = (): AnswerFault | undefined => {
    if (!head.startsWith('HTTP/1.1 ')) return 'bad-head';
    if (!head.startsWith('200', 9)) return 'wrong-status';
    const length = CONTENT_LENGTH.exec(head)?.[1];
    if (length === undefined) return 'no-content-length';
    return Number(length) === expected.length ? undefined : 'wrong-length';
  };

  return {
    read(chunk, length) {
      if (bodySeen >= 0) return readBody(chunk, 0, length);
      const bytes =
        pending === undefined
          ? chunk.subarray(0, length)
          : Buffer.concat([pending, chunk.subarray(0, length)]);
      const headEnd = bytes.indexOf(HEAD_END);
      if (headEnd < 0) {
        pending = Buffer.from(bytes);
        return pending.length > MAX_HEAD_BYTES ? 'bad-head' : 'more';
      }
      pending = undefined;
      head = bytes.toString('latin1', 0, headEnd + 2);
      const fault = checkHead();
      if (fault !== undefined) return fault;
      bodySeen = 0;
      return readBody(bytes, headEnd + 4, bytes.length);
    },
    end: () => 'cut-short',
    closes: () => CONNECTION_CLOSE.test(head),
    head: () => head,
  };
}
