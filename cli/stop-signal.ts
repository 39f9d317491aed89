/** The signals that end a command in order. */

/** Resolves with the name of the first signal; a second one ends the process at once. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: string): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    // The launcher was killed: without it nobody would stop this process.
    process.on('disconnect', () => {
      if (!asked) onSignal('SIGHUP');
    });
    process.on('SIGHUP', onSignal);
  });
}
