// The same promise with express, BullMQ and Socket.IO: a request is a row before it is a job, and its walk is stored
// before it is announced. node server.mjs DATABASE_URL REDIS_URL prints its port and ends with its standard input.
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Queue } from "bullmq";
import express from "express";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { connectionOf, pool } from "./shared.mjs";

const [databaseUrl, redisUrl] = process.argv.slice(2);
const database = pool(databaseUrl);
const queue = new Queue("walks", { connection: connectionOf(redisUrl) });
const app = express();
app.use(express.json());
const server = createServer(app);
const io = new Server(server, { transports: ["websocket"] });
io.adapter(createAdapter(new Redis(redisUrl), new Redis(redisUrl)));
const userOf = (request) => /session=([0-9a-f-]+)/.exec(request.headers.cookie)[1];
io.on("connection", (socket) => socket.join(userOf(socket.request)));

app.post("/api/v1/users", (_request, response) => {
  response.status(201).set("Set-Cookie", `session=${randomUUID()}; Path=/`).json({});
});

const accept = {
  name: "accept",
  text: "INSERT INTO route_requests (id, params, cache_key, trace_id) VALUES ($1, $2, $3, $4)",
};
app.post("/api/v1/routes", async (request, response) => {
  const [id, user] = [randomUUID(), userOf(request)];
  await database.query({ ...accept, values: [id, request.body, id, randomUUID()] });
  io.to(user).emit("status", { request_id: id, status: "pending" });
  await queue.add("walk", { id, user }, { jobId: id, removeOnComplete: true });
  response.status(202).json({ request_id: id, status: "pending" });
});

const worker = fork(new URL("worker.mjs", import.meta.url), [databaseUrl, redisUrl]);
worker.once("message", () => {
  server.listen({ port: 0, host: "127.0.0.1" }, () => console.log(server.address().port));
});
process.stdin.on("end", () => { worker.kill(); process.exit(0); }).resume();
