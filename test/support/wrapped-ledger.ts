/** A ledger with some of its parts replaced, for tests of what happens when they fail or lag. */
import type { Ledger } from '../../audit/ledger/index.ts';

/** A ledger whose appends do what the test says, and whose other parts are the real ones. */
export function wrapped(
  ledger: Ledger,
  over: Partial<Pick<Ledger, 'append' | 'openIntent' | 'onState' | 'admits' | 'state'>>,
): Ledger {
  return {
    origin: ledger.origin,
    directory: ledger.directory,
    append: over.append ?? ((records, options) => ledger.append(records, options)),
    openIntent: over.openIntent ?? ((intent, options) => ledger.openIntent(intent, options)),
    admits: over.admits ?? (() => ledger.admits()),
    get state() {
      return over.state ?? ledger.state;
    },
    get load() {
      return ledger.load;
    },
    get size() {
      return ledger.size;
    },
    onState:
      over.onState ??
      ((listener) => {
        ledger.onState(listener);
      }),
    onCommit: (listener) => ledger.onCommit(listener),
    close: () => ledger.close(),
  };
}
