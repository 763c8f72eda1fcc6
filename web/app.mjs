// Asks for a walk and shows it.
import {ask, beginSession, listen} from '/api.mjs';
import {WalkMap} from '/map.mjs';

const wish = document.getElementById('wish');
const status = document.getElementById('status');
// The last word on each request: it may come before the answer that names the request.
const heard = new Map();
let current;

function say(text) {
  status.textContent = text;
}

// Runs what may fail, and says why it did.
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    say(error.message);
  }
}

function requestBody() {
  const chosen = wish.querySelectorAll('#themes input:checked');
  return {
    start_location: {type: 'Point', coordinates: map.startLocation},
    duration_minutes: Number(wish.minutes.value),
    popularity_bias: Number(wish.bias.value),
    interest_theme_ids: [...chosen].map(({value}) => value),
    accessibility: {avoid_stairs: wish.avoid_stairs.checked, prefer_well_lit: wish.prefer_well_lit.checked},
  };
}

async function askForWalk() {
  say('asking …');
  const accepted = await ask('POST', '/routes', requestBody());
  current = accepted.request_id;
  await follow(heard.get(current) ?? accepted);
}

async function follow({request_id, status, route_id, stage, error}) {
  if (request_id !== current) {
    return;
  }
  if (status === 'complete') {
    current = null;
    await show(await ask('GET', `/routes/${route_id}`));
  } else {
    say(error?.message ?? `${stage ?? status} …`.replaceAll('_', ' '));
  }
}

async function show(walk) {
  const minutes = (seconds) => Math.round(seconds / 60);
  say(`${(walk.distance_metres / 1000).toFixed(1)} km, ${minutes(walk.duration_seconds)} minutes, ${walk.pois.length} stops`);
  document.getElementById('stops').replaceChildren(...walk.pois.map((stop) => {
    const item = document.createElement('li');
    const detail = document.createElement('small');
    item.textContent = stop.name ?? 'a place without a name';
    detail.textContent = `after ${minutes(stop.arrive_after_seconds)} minutes, to stay for ${minutes(stop.visit_seconds)}`;
    item.append(detail);
    item.onclick = () => attempt(() => map.tellOf(stop.id, stop.location.coordinates));
    return item;
  }));
  for (const link of document.querySelectorAll('#export a')) {
    link.href = `/api/v1/routes/${walk.id}.${link.dataset.format}`;
  }
  document.getElementById('export').hidden = false;
  await map.show(walk);
}

async function listThemes() {
  const themes = await ask('GET', '/interest-themes');
  document.getElementById('themes').replaceChildren(...themes.map(({id, name, description}) => {
    const label = document.createElement('label');
    const box = Object.assign(document.createElement('input'), {type: 'checkbox', value: id});
    label.title = description;
    label.append(box, ` ${name}`);
    return label;
  }));
}

wish.minutes.oninput = () => { wish.shown.value = wish.minutes.value; };
wish.onsubmit = (event) => {
  event.preventDefault();
  attempt(askForWalk);
};

const map = await WalkMap.create('map');
// For who looks at it from the console.
window.walkMap = map;
await attempt(async () => {
  await beginSession();
  await listThemes();
  listen((frame) => {
    heard.set(frame.request_id, frame);
    attempt(() => follow(frame));
  });
});
