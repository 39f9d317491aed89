/**
 * The configuration of the demo: the defaults, in a folder of its own, on the ports asked for, with
 * the sample's authorization server as the one issuer and the sample's app as the one app.
 */
import { defaultConfig, type Config } from '../config/index.ts';

/** What the demo has around the gateway. */
export interface DemoSurroundings {
  /** FHIR base URL of the sample EHR. */
  readonly upstreamUrl: string;
  /** `iss` of its access tokens. */
  readonly issuer: string;
  /** Origin of the SMART app. */
  readonly appOrigin: string;
  /** Launch URL of the SMART app. */
  readonly launchUrl: string;
}

/**
 * @param directory Folder that holds all data of the demo.
 * @param ports 0: any free port.
 */
export function demoConfig(
  around: DemoSurroundings,
  directory: string,
  ports: { readonly port: number; readonly reviewPort: number },
): Config {
  const config = defaultConfig(around.upstreamUrl, directory);
  return {
    ...config,
    gateway: {
      ...config.gateway,
      listen: { ...config.gateway.listen, port: ports.port },
      cors: { allowedOrigins: [around.appOrigin] },
    },
    review: { ...config.review, listen: { ...config.review.listen, port: ports.reviewPort } },
    smart: {
      ...config.smart,
      issuers: [{ issuer: around.issuer, audience: [around.upstreamUrl], preset: 'generic' }],
      launches: [{ name: 'vitals', launchUrl: around.launchUrl }],
      // Nobody waits for an identity on loopback, and no event shall lack one on a busy machine.
      identityBudgetMs: 5000,
    },
  };
}
