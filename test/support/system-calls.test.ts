/** Reading traces: calls that overlap, fail, or belong to others must not be taken for steps. */
import { describe, expect, it } from 'vitest';
import { stepsOf } from './system-calls.ts';

const sockets = { gatewayPort: 80, clientPort: 5001, upstreamPort: 90 };
const client = '40<TCP:[127.0.0.1:80->127.0.0.1:5001]>';
const other = '42<TCP:[127.0.0.1:80->127.0.0.1:5002]>';
const upstream = '41<TCP:[127.0.0.1:7000->127.0.0.1:90]>';
const log = '29</data/ledger/leaves-000001.db-wal>';

const request = `1 read(${client}, "GET /"..., 65536) = 184`;
const asked = `1 writev(${upstream}, [...], 1) = 213`;
const written = `2 pwrite64(${log}, "..."..., 32, 0) = 32`;
const synced = `2 fsync(${log}) = 0 (DELAYED)`;
const answered = `1 writev(${client}, [...], 2) = 252`;

describe('the steps of an exchange in a trace', () => {
  it('are those of its own connection, from its request on', () => {
    const lines = [answered, written, request, asked, written, written, synced, answered, ''];
    expect(stepsOf(lines, sockets)).toEqual(['request', 'upstream', 'write', 'sync', 'answer']);
  });

  it('end where another client asks', () => {
    const next = `1 read(${other}, "GET /"..., 65536) = 184`;
    expect(stepsOf([request, answered, next, written], sockets)).toEqual(['request', 'answer']);
  });

  it('have a sync and a request where they end, and a write where it begins', () => {
    const lines = [
      `1 read(${client}, <unfinished ...>`,
      '1 <... read resumed>"GET /"..., 65536) = 184',
      `2 fsync(${log} <unfinished ...>`,
      `1 writev(${client}, [...], 2 <unfinished ...>`,
      '2 <... fsync resumed>) = 0 (DELAYED)',
      '1 <... writev resumed>) = 252',
    ];
    expect(stepsOf(lines, sockets)).toEqual(['request', 'answer', 'sync']);
  });

  it.each([
    ['a sync that failed', `2 fsync(${log}) = -1 EIO (Input/output error) (INJECTED)`],
    [
      'a sync that failed at its end',
      `2 fsync(${log} <unfinished ...>\n2 <... fsync resumed>) = -1`,
    ],
    ['the sync of another file', '2 fsync(30</data/ledger/search-index.db-wal>) = 0'],
    ['a sync that did not end', `2 fsync(${log} <unfinished ...>`],
    ['the end of the connection', `1 read(${client}, "", 65536) = 0`],
    ['a read that has to wait', `1 read(${client}, 0x1, 65536) = -1 EAGAIN`],
    ['a write to something else', '1 write(25<anon_inode:[eventfd]>, "1", 8) = 8'],
  ])('are not %s', (_, text) => {
    const lines = [request, ...text.split('\n'), answered];
    expect(stepsOf(lines, sockets)).toEqual(['request', 'answer']);
  });
});
