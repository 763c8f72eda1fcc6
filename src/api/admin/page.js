const api = "/api/v1";
const $ = (id) => document.getElementById(id);

function row(cells) {
  const tr = document.createElement("tr");
  for (const cell of cells) {
    const td = tr.insertCell();
    if (cell instanceof Node) td.append(cell);
    else td.textContent = cell ?? "";
  }
  return tr;
}

function button(text, method, path) {
  const element = document.createElement("button");
  element.textContent = text;
  element.onclick = async () => {
    const answer = await fetch(api + path, { method });
    $("message").textContent = answer.ok ? `${text}: done` : (await answer.json()).message;
    refresh();
  };
  return element;
}

function actor(report) {
  const error = report.last_error ? JSON.stringify(report.last_error) : "";
  const waiting = `${report.mailbox_depth} of ${report.mailbox_capacity}`;
  const tr = row([report.name, report.state, waiting, report.handled, report.failed, report.restarts, error]);
  if (report.silent) tr.className = "bad";
  return tr;
}

function job(record) {
  const actions = document.createElement("span");
  if (record.state === "dead") {
    const path = `/admin/jobs/${encodeURIComponent(record.id)}`;
    actions.append(button("Retry", "POST", `${path}/retry`), button("Delete", "DELETE", path));
  }
  return row([record.queue, record.state, record.id, record.runs, record.at, record.trace_id, record.error, actions]);
}

function chore(run) {
  const tr = row([run.chore, run.finished_at ?? run.started_at, run.result, run.runs, run.next_run_at]);
  if (run.succeeded === false) tr.className = "bad";
  return tr;
}

async function refresh() {
  const parts = ["actors", "jobs", "maintenance"].map((part) => fetch(`${api}/admin/${part}`));
  const [actors, jobs, chores] = await Promise.all(parts);
  $("login").hidden = actors.status !== 401;
  if (!actors.ok) return void ($("message").textContent = (await actors.json()).message);
  $("actors").tBodies[0].replaceChildren(...(await actors.json()).map(actor));
  if (jobs.ok) $("jobs").tBodies[0].replaceChildren(...(await jobs.json()).map(job));
  if (chores.ok) $("chores").tBodies[0].replaceChildren(...(await chores.json()).map(chore));
}

$("login").onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify(Object.fromEntries(new FormData(event.target)));
  const answer = await fetch(`${api}/login`, { method: "POST", headers: { "content-type": "application/json" }, body });
  $("message").textContent = answer.ok ? "" : (await answer.json()).message;
  refresh();
};

refresh();
setInterval(refresh, 2000);
