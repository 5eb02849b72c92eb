# Builds with the sources in place, then keeps only what runs.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY package.json ./
COPY data data
COPY db db
COPY schemas schemas
COPY --from=build /app/dist dist
USER node
ENTRYPOINT ["node", "dist/main.js"]
