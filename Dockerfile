# syntax=docker/dockerfile:1
#
# Chaperone as a container image: see docs/docker.md.
#
#   docker build -t fhir-chaperone .
#
# The tag of the base names one version of Node, the one that this checkout is developed with. For a
# build that can be repeated to the byte, add the digest that your registry shows for that tag.

ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY tools/runtime/package.json tools/runtime/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# What is published to npm, and nothing else of the checkout.
RUN npm run build \
  && npm pack --ignore-scripts --pack-destination /tmp \
  && mkdir -p /opt/chaperone \
  && tar -xzf /tmp/fhir-chaperone-*.tgz -C /opt/chaperone --strip-components=1 --no-same-owner
# Its dependencies, in the versions of the lock file, and no tool of development.
WORKDIR /opt/chaperone
RUN cp /src/package-lock.json /src/.npmrc . \
  && npm ci --omit=dev --omit=optional --workspaces=false --ignore-scripts --no-audit --no-fund \
  && rm package-lock.json .npmrc

FROM node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="Chaperone" \
      org.opencontainers.image.description="FHIR gateway that records every SMART on FHIR access before it answers" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
# Node is all that runs here. The folder of the record belongs to the user that writes it.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
  && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/chaperone /opt/chaperone
COPY docker/healthcheck.mjs /opt/chaperone/healthcheck.mjs
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080 8090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/opt/chaperone/healthcheck.mjs"]
ENTRYPOINT ["node", "/opt/chaperone/bin/chaperone.mjs"]
CMD ["serve", "--config", "/etc/chaperone/chaperone.yaml"]
