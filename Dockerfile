# An argument, so that scripts/prove-image can replace it.
ARG NODE_IMAGE=node:24-slim

# Only the manifests, so that the layers of installed packages stay cached until a manifest changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json ./

FROM manifests AS build
# No package needs its install script, so do not run any.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build-pages.js scripts/
COPY src src
RUN npm run build

FROM manifests AS packages
# Includes the optional bufferutil, whose compiled code needs no install script.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="lobby-relay" \
      org.opencontainers.image.description="A self-hosted WebSocket relay for party games" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
# In order of how rarely it changes. Owned by root, so that the relay cannot modify its own code.
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY --from=build /app/dist dist
# For a volume with the state file. It belongs to the user who writes it (node, 1000).
RUN ["node", "-e", "fs.mkdirSync('/state'); fs.chownSync('/state', 1000, 1000)"]
USER node
EXPOSE 8081
# The slim image has no curl. Only the environment is known here, so set the port by PORT or
# LOBBY_RELAY_PORT, not by --port. The check reads them as the relay does: Kubernetes sets
# LOBBY_RELAY_PORT, too, for a Service of that name.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["node", "/app/dist/cli/health-check.js"]
# Exec form: Node is PID 1 and gets SIGTERM itself, and `docker run lobby-relay --max-rooms 50` adds
# flags.
ENTRYPOINT ["node", "/app/dist/cli.js"]
