/** The sample that `npm start` puts behind the gateway. */
export { startSampleUpstream, type SampleUpstream } from './upstream.ts';
