/** The configuration of the demo: the defaults, in a folder of its own, on the ports asked for. */
import { defaultConfig, type Config } from '../config/index.ts';

/** @param directory Folder that holds all data of the demo. */
export function demoConfig(
  upstreamUrl: string,
  directory: string,
  ports: { readonly port: number; readonly reviewPort: number },
): Config {
  const config = defaultConfig(upstreamUrl, directory);
  return {
    ...config,
    gateway: { ...config.gateway, listen: { ...config.gateway.listen, port: ports.port } },
    review: { ...config.review, listen: { ...config.review.listen, port: ports.reviewPort } },
  };
}
