/** The SMART authorization server of the sample EHR. */
export { sampleAccounts, type Account } from './accounts.ts';
export {
  createAuthorization,
  type Authorization,
  type AuthorizationOptions,
} from './authorization.ts';
export {
  createSampleClients,
  type ClientPlaces,
  type SampleClient,
  type SampleClients,
  type SigningKey,
} from './clients.ts';
export type { TokenRequest } from './issue-token.ts';
export type { LaunchContext } from './launches.ts';
export type { AutoSignIn, PickerPatient } from './state.ts';
