/**
 * The health check of the container: whether the review face says that the process lives. Exits
 * with 0 or 1 within three seconds.
 *
 * `CHAPERONE_HEALTH_URL` says where to ask, when it is not http://127.0.0.1:8090/livez. Over https
 * the certificate is not checked: it names the host that reviewers use, not this loopback address,
 * and nothing secret is asked or told.
 */
import * as http from 'node:http';
import * as https from 'node:https';

const url = process.env.CHAPERONE_HEALTH_URL ?? 'http://127.0.0.1:8090/livez';
const get = url.startsWith('https:') ? https.get : http.get;
const request = get(url, { rejectUnauthorized: false, timeout: 3000, agent: false }, (answer) => {
  answer.resume();
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
});
request.on('timeout', () => request.destroy(new Error('no answer within 3 s')));
request.on('error', (error) => {
  process.stderr.write(`not live: ${error.message}\n`);
  process.exitCode = 1;
});
