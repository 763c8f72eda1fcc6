// The same task for ws and ioredis: status events from Redis to the sockets of their user, as lean as it can be written.
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";

const socketsOf = new Map();
const server = createServer();
const websockets = new WebSocketServer({ server, perMessageDeflate: false });

websockets.on("connection", (socket, request) => {
  const user = request.url.slice("/ws/".length);
  if (!socketsOf.has(user)) socketsOf.set(user, new Set());
  socketsOf.get(user).add(socket);
  socket.on("close", () => {
    const sockets = socketsOf.get(user);
    sockets.delete(socket);
    if (sockets.size === 0) socketsOf.delete(user);
  });
});

const redis = new Redis(process.argv[2]);
redis.on("message", (_channel, text) => {
  const event = JSON.parse(text);
  const sockets = socketsOf.get(event.user_id);
  if (!sockets) return;
  const { request_id, status, route_id, error, progress, stage, updated_at } = event;
  const frame = JSON.stringify({ type: "route_generation_status", request_id, status, route_id, error, progress, stage, updated_at });
  for (const socket of sockets) socket.send(frame);
});
await redis.subscribe(...Array.from({ length: 16 }, (_, shard) => `wildside:events:${shard}`));
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
