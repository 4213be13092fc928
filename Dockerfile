# The gateway as a container: what the npm package holds, what it needs to run, and nothing else. deploy/README.md tells how to run it.
# Every command is relative to WORKDIR, so that `npm run check:image` can carry these steps out without a container engine.

# The package, as `npm pack` makes it: what `files` of package.json names, with the licence.
FROM node:24.21.0-bookworm-slim AS package
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/clean.mjs scripts/
COPY src/ src/
COPY docs docs/
COPY LICENSE README.md README.zh-CN.md CHANGELOG.md SECURITY.md schema.graphql schema.federation.graphql schema.stitching.graphql ./
RUN npm pack --silent && tar -xzf lark-user-gateway-*.tgz

# What it needs to run, from the lock file. Declarations and source maps are for people who write code.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM node:24.21.0-bookworm-slim
# With NODE_ENV=production there is no sandbox unless somebody asks for it, and on an address that others can reach real people are
# served to known callers only. So the image alone does not start: it wants LARK_BASE_URL, LARK_PLUGIN_ID and LARK_PLUGIN_SECRET_FILE
# (or LARK_IDENTITY=caller), and AUTH with what belongs to it, and says which of them is missing.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app
COPY --from=dependencies /app/node_modules/ node_modules/
COPY --from=package /app/package/ ./
# The user "node" of the base image, as numbers: Kubernetes cannot tell from a name that it is not root. It owns no file here, and
# nothing is ever written, so the file system may be read-only.
USER 1000:1000
EXPOSE 4000
STOPSIGNAL SIGTERM
# Whether the process answers. A balancer wants /readiness.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between, so that signals reach the gateway. What follows the name of the image are its arguments: `sandbox`, `check`.
ENTRYPOINT ["node", "dist/cli.js"]

ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="lark-user-gateway" \
  org.opencontainers.image.description="GraphQL in front of the Lark Project (Feishu Project, Meegle) user API" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim"
