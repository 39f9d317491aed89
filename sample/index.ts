/** The sample that `npm start` puts behind the gateway. */
export { startSampleEhr, type SampleEhr, type SampleEhrOptions } from './ehr.ts';
export { sampleAccounts } from './authorization/index.ts';
export { startSampleApp, type AppSettings, type SampleApp } from './app/server.ts';
export { createLauncher, findPatients, type LauncherOptions } from './launcher/launcher.ts';
export { playClinicDay, type ClinicDay, type ClinicDayOptions } from './traffic/day.ts';
export { clientNames, type SessionRequest } from './traffic/cast.ts';
