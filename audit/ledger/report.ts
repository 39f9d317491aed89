/**
 * What a verification says: a list of problems with codes, bounded in length.
 */

/** Everything that verification can find. Each is explained in docs/ledger-format.md. */
export type ProblemCode =
  /** No folder, an empty one, or no file of leaves: nothing to check is never well. */
  | 'nothing-to-check'
  /** The run of epochs, or of files within an epoch, has a gap or does not begin at 1. */
  | 'epoch-missing'
  | 'file-missing'
  /** SQLite cannot read a file, or it is of another format. */
  | 'file-unreadable'
  /** What a file says of itself does not fit its name, its origin, or the file before it. */
  | 'file-mismatch'
  /** Tables or triggers are not those of the format. */
  | 'schema-changed'
  | 'leaf-missing'
  | 'leaf-damaged'
  | 'body-missing'
  /** The body or its salt is not what the leaf commits to. */
  | 'body-changed'
  /** A body without a leaf. */
  | 'body-unexpected'
  | 'encoding-unknown'
  | 'time-backwards'
  /** A leaf refers to what is not an intent. */
  | 'reference-wrong'
  /** The stored tree is not that of the leaves. */
  | 'tree-mismatch'
  /** The set of open intents is not what the leaves say. */
  | 'open-intents-mismatch'
  | 'head-missing'
  | 'head-damaged'
  /** The head file says that more was committed than is there. */
  | 'head-ahead'
  /** The head file is of another origin, or its root is not that of the leaves. */
  | 'head-mismatch'
  /** So many problems that the rest is left out. */
  | 'more-problems';

/** One thing that is wrong. */
export interface Problem {
  readonly code: ProblemCode;
  readonly leafIndex?: number;
  readonly message: string;
}

/** The outcome of a verification. Of several ledgers: numbers of the newest, problems of all. */
export interface VerifyReport {
  /** True when there was something to check and nothing was wrong with it. */
  readonly ok: boolean;
  /** Leaves of the kind `record`. */
  readonly records: number;
  readonly treeSize: number;
  /** RFC 6962 root hash, base64. */
  readonly rootHash: string;
  readonly openIntents: number;
  readonly problems: readonly Problem[];
}

const mostProblems = 1000;

/** Collects problems; keeps the first thousand. */
export class ProblemList {
  readonly #problems: Problem[] = [];

  add(code: ProblemCode, message: string, leafIndex?: number): void {
    if (this.#problems.length > mostProblems) return;
    if (this.#problems.length === mostProblems) {
      const text = 'there are more problems than are listed';
      this.#problems.push({ code: 'more-problems', message: text });
      return;
    }
    this.#problems.push(leafIndex === undefined ? { code, message } : { code, leafIndex, message });
  }

  get all(): readonly Problem[] {
    return this.#problems;
  }
}
