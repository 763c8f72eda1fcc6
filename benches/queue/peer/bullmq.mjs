// BullMQ under the same load: node bullmq.mjs URL RATE LATENCY_JOBS BACKLOG CONCURRENCY
import { Queue, Worker } from 'bullmq';

const [url, ...numbers] = process.argv.slice(2);
const [rate, latencyJobs, backlog, concurrency] = numbers.map(Number);
const { hostname, port, username, password } = new URL(url);
const connection = { host: hostname, port: Number(port), username: username || undefined, password: decodeURIComponent(password) };
const options = { removeOnComplete: true, removeOnFail: true };

function startWorker(name, onStart) {
  return new Worker(name, async (job) => onStart(job), { connection, concurrency });
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function throughput() {
  const queue = new Queue('backlog', { connection });
  let start = performance.now();
  for (let i = 0; i < backlog; i += 500) {
    await Promise.all(Array.from({ length: 500 }, () => queue.add('nothing', {}, options)));
  }
  const pushing = performance.now() - start;
  let count = 0;
  start = performance.now();
  const worker = startWorker('backlog', () => { count += 1; });
  await until(() => count >= backlog);
  const draining = performance.now() - start;
  await worker.close();
  await queue.close();
  return { pushes_per_second: backlog / pushing * 1000, jobs_per_second: backlog / draining * 1000 };
}

async function latency() {
  const queue = new Queue('paced', { connection });
  const waits = [];
  const worker = startWorker('paced', (job) => { waits.push(performance.now() - job.data.pushed); });
  await worker.waitUntilReady();
  const begin = performance.now();
  for (let i = 0; i < latencyJobs; i += 1) {
    const due = begin + i * 1000 / rate;
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    await queue.add('nothing', { pushed: performance.now() }, options);
  }
  await until(() => waits.length >= latencyJobs);
  await worker.close();
  await queue.close();
  waits.sort((a, b) => a - b);
  const at = (share) => waits[Math.floor((waits.length - 1) * share)];
  return { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
}

const figures = { ...await throughput(), ...await latency() };
process.stdout.write(JSON.stringify(figures));
process.exit(0);
