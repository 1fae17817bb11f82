# Image of `web`, `worker`, `migrate` and `up`. The target `demo` adds the demo: docker build --target demo .
ARG NODE_IMAGE=node:22.23.3-bookworm-slim

FROM ${NODE_IMAGE} AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 unixodbc-dev \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# The odbc addon compiles against the Node headers that the image already contains.
ENV npm_config_nodedir=/usr/local
COPY package.json package-lock.json .npmrc ./
# Not "npm ci": the lock file may lack optional binaries of this platform, which only "npm install" tolerates.
RUN npm install --no-audit --no-fund && node -e 'require("odbc")'
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build-assets.js scripts/
COPY src src
RUN npm run build:product

FROM build AS demo-build
COPY demo demo
RUN npx tsc -b demo && node scripts/build-assets.js

FROM build AS product-build
RUN npm prune --omit=dev

FROM ${NODE_IMAGE} AS runtime
# SAP's SQL Anywhere driver for Cornerstone may not be shipped in an image: mount it and name it in odbcinst.ini.
RUN apt-get update \
  && apt-get install -y --no-install-recommends unixodbc odbcinst libsqliteodbc odbc-mariadb \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY scripts/lib/credential-keys.js scripts/lib/healthy.js scripts/lib/
# Copied by name, so that other files in the folder, such as client exports, never get into an image.
COPY config/default.yaml config/practices.example.yaml config/
COPY package.json LICENSE ./
# The only folder the demo writes to. It is a volume, so that a new container finds its key again.
RUN ln -s /app/dist/src/main.js /usr/local/bin/pims-sync && mkdir .local && chown node:node .local
USER node
# `web` serves its health checks on PORT, `worker` on HEALTH_PORT, with the same answers.
ENV PORT=8080 HEALTH_PORT=8081
EXPOSE 8080 8081
# Checks liveness, not readiness: a new container would not repair an unreachable database.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["/bin/sh", "-c", "exec node scripts/lib/healthy.js healthz $PORT $HEALTH_PORT"]
ENTRYPOINT ["node", "dist/src/main.js"]
CMD ["--help"]

FROM runtime AS demo
COPY --from=demo-build /app/node_modules node_modules
COPY --from=demo-build /app/dist dist
COPY config/demo.yaml config/
COPY examples examples
ENTRYPOINT ["node", "dist/demo/main.js"]
CMD []

FROM runtime
COPY --from=product-build /app/node_modules node_modules
COPY --from=product-build /app/dist dist
