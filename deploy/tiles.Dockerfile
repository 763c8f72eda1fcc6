# The tile server and the nginx before it, two processes of one image: without a command it is the nginx. From the root of the
# repository: docker build -f deploy/tiles.Dockerfile .
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim
# Stage with Martin: `compile`, or `given`, which takes it from target/image/.
ARG PROGRAMS=compile

FROM ${RUST_IMAGE} AS compile
ARG MARTIN_VERSION=1.14.0
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo install --locked --quiet --root /martin martin --version ${MARTIN_VERSION} --no-default-features --features postgres,metrics && \
    mkdir /programs && cp /martin/bin/martin /etc/ssl/certs/ca-certificates.crt /programs/

FROM scratch AS given
COPY target/image/ /programs/

FROM ${PROGRAMS} AS programs

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="Wildside's tiles" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.description="Martin 1.14 and the nginx before it, with the configuration of Wildside"
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/*
COPY --from=programs /programs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=programs /programs/martin /usr/local/bin/
COPY martin/config.yaml martin/nginx.conf martin/tiles.conf.template martin/run-nginx.sh /opt/wildside/martin/
# Any other user does as well, and a root that can't be written but for /var/lib/tiles.
RUN mkdir -m 0777 /var/lib/tiles
VOLUME /var/lib/tiles
USER 10001:0
# When a tile fails, these modules repeat its query, token included.
ENV RUST_LOG=martin=info,martin::srv=off,martin_core=info,martin_core::tiles=off
ENV MARTIN_LISTEN=127.0.0.1:3000 MARTIN_ADDRESS=127.0.0.1:3000 TILES_LISTEN=0.0.0.0:8080 TILES_ACCESS_LOG=/dev/stdout
EXPOSE 8080 3000
STOPSIGNAL SIGTERM
CMD ["/opt/wildside/martin/run-nginx.sh", "/var/lib/tiles"]
