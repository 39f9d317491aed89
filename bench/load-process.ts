/**
 * The load generator as a process of its own, told what to do over the IPC channel. It ends with the
 * channel.
 */
import { runLoad } from './load.ts';
import type { LoadOrder } from './load.ts';

/** An order as it crosses the channel: bytes as base64. */
export type LoadMessage = Omit<LoadOrder, 'expected'> & { readonly expectedBase64: string };

async function serve({ expectedBase64, ...order }: LoadMessage): Promise<void> {
  const result = await runLoad({ ...order, expected: Buffer.from(expectedBase64, 'base64') });
  process.send?.(result);
}

process.on('message', (message: LoadMessage) => {
  serve(message).catch((error: unknown) => {
    process.stderr.write(`load generator: ${String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready' });
