/**
 * The yardstick: Express 5 with http-proxy-middleware 4 passing through, unaudited, as a process of
 * its own. In the form that its users run: streaming, and with a keep-alive agent (without one it
 * would cost about twice as much, which would flatter us).
 */
import { Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const target = process.argv[2];
if (target === undefined) throw new Error('usage: pass-through-process.ts UPSTREAM_BASE_URL');

const app = express();
app.disable('x-powered-by');
app.use(
  '/fhir',
  createProxyMiddleware({
    target,
    changeOrigin: true,
    agent: new Agent({ keepAlive: true, maxSockets: 256 }),
  }),
);

process.on('disconnect', () => process.exit(0));
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port });
});
server.keepAliveTimeout = 60_000;
