# An argument, so that scripts/prove-image can put another Node in its place.
ARG NODE_IMAGE=node:24-slim

# The manifests alone: the layers of installed packages stay cached until one of them changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json ./

FROM manifests AS build
# No package here needs its install script, so none gets to run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build-pages.js scripts/
COPY src src
RUN npm run build

FROM manifests AS packages
# With the optional ones: bufferutil, which comes compiled, spares large messages 90 % of the unmasking.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="lobby-relay" \
      org.opencontainers.image.description="A self-hosted WebSocket relay for party games" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
# What changes least comes first. All of it belongs to root: the relay cannot write to its own code.
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY --from=build /app/dist dist
# For a volume with the state file, which is then the user's (node, 1000) who writes it.
RUN ["node", "-e", "fs.mkdirSync('/state'); fs.chownSync('/state', 1000, 1000)"]
USER node
EXPOSE 8081
# The slim image has no curl. Only the environment is known here, so set the port by PORT or
# LOBBY_RELAY_PORT, not by --port.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.LOBBY_RELAY_PORT || process.env.PORT || 8081) + '/health').then((answer) => process.exit(answer.ok ? 0 : 1))"]
# Exec form: Node is PID 1 and gets SIGTERM itself, and `docker run lobby-relay --max-rooms 50` adds
# flags.
ENTRYPOINT ["node", "/app/dist/cli.js"]
