/** The app face. */
export { startGateway, type Gateway } from './gateway.ts';
export { faultsMarkdown } from './faults.ts';
export type {
  GatewayLimits,
  GatewayMetrics,
  GatewayOptions,
  ListenOptions,
  ProcessLog,
} from './options.ts';
export type { SmartOptions } from './smart/smart-face.ts';
