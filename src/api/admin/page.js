const api = "/api/v1";
const $ = (id) => document.getElementById(id);
/** Looks at an actor that its sparkline shows. */
const LOOKS = 40;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function row(cells, className = "") {
  const tr = element("tr");
  tr.className = className;
  for (const cell of cells) {
    const td = tr.insertCell();
    if (cell instanceof Node) td.append(cell);
    else td.textContent = cell ?? "";
  }
  return tr;
}

function table(headings) {
  const made = element("table");
  const head = made.createTHead().insertRow();
  head.append(...headings.map((heading) => element("th", heading)));
  made.createTBody();
  return made;
}

/** Does something to a job; answers what is to be said of it. */
async function act(method, path) {
  const answer = await fetch(api + path, { method });
  return answer.ok ? "done" : (await answer.json()).message;
}

const path = (job) => `/admin/jobs/${encodeURIComponent(job.id)}`;
const retry = (job) => act("POST", `${path(job)}/retry`);
const forget = (job) => act("DELETE", path(job));

function button(text, job, action) {
  const made = element("button", text);
  made.onclick = async () => {
    $("message").textContent = `${text} ${job.id}: ${await action(job)}`;
    refresh();
  };
  return made;
}

/** Messages a second of each actor, look by look. */
const histories = new Map();

function rate(process, actor) {
  const key = `${process.id} ${actor.name}`;
  const now = { at: Date.now() - process.seen_ms_ago, handled: actor.handled + actor.failed };
  const history = histories.get(key) ?? { last: now, rates: [] };
  const seconds = (now.at - history.last.at) / 1000;
  if (seconds > 1) {
    history.rates.push((now.handled - history.last.handled) / seconds);
    history.rates = history.rates.slice(-LOOKS);
    history.last = now;
  }
  histories.set(key, history);
  return history.rates;
}

function sparkline(rates) {
  const most = Math.max(1, ...rates);
  const points = rates.map((value, i) => `${(i * 100) / LOOKS},${19 - (18 * value) / most}`).join(" ");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 20");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${(rates.at(-1) ?? 0).toFixed(1)} messages a second`);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points);
  svg.append(line);
  const cell = element("span");
  cell.append(svg, element("small", ` ${(rates.at(-1) ?? 0).toFixed(1)}/s`));
  return cell;
}

/** Fill of a mailbox: green, amber from half, red from nine tenths. */
function mailbox(actor) {
  const most = actor.mailbox_capacity;
  const fill = element("meter", undefined, {
    min: 0, max: Math.max(1, most), low: most / 2, high: most * 0.9, optimum: 0, value: Math.max(0, actor.mailbox_depth),
  });
  const cell = element("span");
  cell.append(fill, ` ${actor.mailbox_depth} of ${most}`);
  return cell;
}

const plain = (details) =>
  details && typeof details === "object" ? Object.entries(details).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ") : "";

function actorRow(process, actor) {
  const error = actor.last_error ? `${actor.last_error.at} ${actor.last_error.error}` : "";
  const state = process.silent ? "unknown" : actor.state;
  const cells = [actor.name, state, mailbox(actor), sparkline(rate(process, actor)), actor.handled, actor.failed, actor.restarts, plain(actor.details), error];
  return row(cells, actor.silent ? "bad" : "");
}

function processView(process) {
  const section = element("section");
  const words = process.silent ? `silent for ${Math.round(process.seen_ms_ago / 1000)} s` : `up ${Math.round(process.uptime_seconds / 60)} min`;
  const title = element("h3", `${process.role.replaceAll("_", " ")} ${process.host} (${process.pid}), ${process.version}, ${words}`);
  if (process.silent) title.className = "bad";
  const actors = table(["Actor", "State", "Mailbox", "Messages", "Handled", "Failed", "Restarts", "Figures", "Last error"]);
  actors.tBodies[0].append(...process.actors.map((actor) => actorRow(process, actor)));
  section.append(title, actors);
  section.dataset.role = process.role;
  return section;
}

function queueRow(queue) {
  const paused = queue.paused_seconds > 0;
  const made = element("button", paused ? "Resume" : "Pause");
  made.onclick = async () => {
    const done = await act(paused ? "DELETE" : "PUT", `/admin/queues/${queue.queue}/pause`);
    $("message").textContent = `${made.textContent} ${queue.queue}: ${done}`;
    refresh();
  };
  const words = paused ? `${Math.ceil(queue.paused_seconds / 60)} min` : "";
  return row([queue.queue, queue.depth, queue.dead, words, made], paused ? "bad" : "");
}

/** One whose end is late is marked: a walk takes less than a second. */
const LATE_SECONDS = 60;

function requestRow(request) {
  const ended = ["complete", "failed"].includes(request.status);
  const seconds = ((ended ? Date.parse(request.updated_at) : Date.now()) - Date.parse(request.created_at)) / 1000;
  const error = request.error_code ? `${request.error_code}: ${request.error_message}` : "";
  const wish = element("details");
  wish.append(element("summary", "wish"), element("pre", JSON.stringify(request.params, null, 1)));
  const bad = request.status === "failed" || (!ended && seconds > LATE_SECONDS);
  return row([request.created_at, request.status, request.stage, request.attempt, seconds.toFixed(1), request.request_id,
    request.trace_id, request.user_id, error, wish], bad ? "bad" : "");
}

async function drawRequests() {
  if (document.querySelector("#requests details[open]")) return;
  const id = new FormData($("search")).get("id").trim();
  const answer = await fetch(`${api}/admin/requests${id ? `/${encodeURIComponent(id)}` : ""}`);
  if (answer.ok) $("requests").tBodies[0].replaceChildren(...(await answer.json()).map(requestRow));
  else if (id) $("message").textContent = (await answer.json()).message;
}

let jobs = [];

function shownJobs() {
  const { words, state } = Object.fromEntries(new FormData($("filter")));
  const wanted = words.toLowerCase();
  return jobs.filter((job) => (!state || job.state === state) && JSON.stringify(job).toLowerCase().includes(wanted));
}

function jobRow(job) {
  const actions = element("span");
  if (job.state === "dead") actions.append(button("Retry", job, retry), button("Delete", job, forget));
  return row([job.queue, job.state, job.id, job.runs, job.at, job.worker, job.trace_id, job.error, actions], job.state === "dead" ? "bad" : "");
}

const drawJobs = () => $("jobs").tBodies[0].replaceChildren(...shownJobs().map(jobRow));

function toAllDead(buttonId, action) {
  $(buttonId).onclick = async () => {
    const dead = shownJobs().filter((job) => job.state === "dead");
    let done = 0;
    for (const job of dead) done += (await action(job)) === "done" ? 1 : 0;
    $("message").textContent = `${$(buttonId).textContent}: ${done} of ${dead.length}`;
    refresh();
  };
}

function choreRow(run) {
  return row([run.chore, run.finished_at ?? run.started_at, run.result, run.runs, run.next_run_at], run.succeeded === false ? "bad" : "");
}

async function refresh() {
  const parts = ["processes", "queues", "jobs", "maintenance"].map((part) => fetch(`${api}/admin/${part}`));
  const [processes, queues, listed, chores] = await Promise.all(parts);
  $("login").hidden = processes.status !== 401;
  if (!processes.ok) return void ($("message").textContent = (await processes.json()).message);
  $("processes").replaceChildren(...(await processes.json()).map(processView));
  if (queues.ok) $("queues").tBodies[0].replaceChildren(...(await queues.json()).map(queueRow));
  if (listed.ok) jobs = await listed.json();
  drawJobs();
  await drawRequests();
  if (chores.ok) $("chores").tBodies[0].replaceChildren(...(await chores.json()).map(choreRow));
}

$("login").onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
  const answer = await fetch(`${api}/login`, { method: "POST", headers: { "content-type": "application/json" }, body });
  $("message").textContent = answer.ok ? "" : (await answer.json()).message;
  refresh();
};
$("filter").oninput = drawJobs;
$("filter").onsubmit = (event) => event.preventDefault();
$("search").onsubmit = (event) => {
  event.preventDefault();
  drawRequests();
};
toAllDead("retry-all", retry);
toAllDead("delete-all", forget);

refresh();
setInterval(refresh, 2000);
