/** Entry of the writer thread: the only place that opens a ledger's files for writing. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WriterData } from './protocol.ts';
import { runWriter } from './writer-loop.ts';

if (parentPort === null) throw new Error('to be started as a worker thread');
runWriter(parentPort, workerData as WriterData);
