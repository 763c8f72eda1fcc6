// Takes each job up, stores a walk of a hundred points and eight stops, and announces it.
import { randomUUID } from "node:crypto";
import { Emitter } from "@socket.io/redis-emitter";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { connectionOf, pool } from "./shared.mjs";

const [databaseUrl, redisUrl] = process.argv.slice(2);
const database = pool(databaseUrl);
const emitter = new Emitter(new Redis(redisUrl));

const claim = {
  name: "claim",
  text: "UPDATE route_requests SET status = 'in_progress', attempt = attempt + 1, updated_at = now() WHERE id = $1",
};
const store = {
  name: "store",
  text: `
    WITH stored AS (
      INSERT INTO routes (id, path, distance_metres, duration_seconds, score, details)
      VALUES ($1, ST_GeomFromText($2, 4326), 160, 900, 8, $3)
    ), visited AS (
      INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds)
      SELECT $1, n, n, n * 90, 10 FROM generate_series(1, 8) AS n
    )
    UPDATE route_requests SET status = 'complete', route_id = $1, updated_at = now() WHERE id = $4`,
};
const points = Array.from({ length: 100 }, (_, n) => `${(7.42 + n * 1e-5).toFixed(5)} 43.73`);
const path = `LINESTRING(${points.join(", ")})`;
const steps = [{ maneuver: "depart", street: "Rue Grimaldi", distance_metres: 16, path_start: 0 }];
const legs = Array.from({ length: 9 }, () => ({ path_start: 0, distance_metres: 16, duration_seconds: 12, steps }));

async function perform({ data: { id, user } }) {
  const tell = (status) => emitter.to(user).emit("status", { request_id: id, ...status });
  await database.query({ ...claim, values: [id] });
  tell({ status: "in_progress" });
  const route = randomUUID();
  await database.query({ ...store, values: [route, path, { legs }, id] });
  tell({ status: "complete", route_id: route });
}

const worker = new Worker("walks", perform, { connection: connectionOf(redisUrl), concurrency: 16 });
await worker.waitUntilReady();
process.send("ready");
