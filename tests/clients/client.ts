// A walker who knows the service by its description alone: signs up, asks for walks, reads them and pages through them.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import createClient, {type Middleware} from 'openapi-fetch';
import type {components, paths} from './generated/api.js';

type Schemas = components['schemas'];

const [baseUrl = '', start = '', gpxFile = ''] = process.argv.slice(2);
const client = createClient<paths>({baseUrl});

// Browsers keep cookies; Node does not.
let cookie = '';
const keepCookie: Middleware = {
  onRequest({request}) {
    if (cookie) {
      request.headers.set('Cookie', cookie);
    }
    return request;
  },
  onResponse({response}) {
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response;
  },
};
client.use(keepCookie);

// What the service answered, unless it refused.
function got<T>({data, error}: {data?: T; error?: unknown}): T {
  assert.ok(data !== undefined, JSON.stringify(error));
  return data;
}

async function signUp(): Promise<Schemas['Profile']> {
  const username = `typescript-${Date.now()}`;
  const profile = got(await client.POST('/api/v1/users', {body: {username, password: randomUUID()}}));
  assert.equal(profile.role, 'user' satisfies Schemas['Role']);
  assert.equal(profile.preferences.unit_system, 'metric');
  return profile;
}

async function ask(duration_minutes: number): Promise<Schemas['RouteView']> {
  const {data: accepted, response} = await client.POST('/api/v1/routes', {
    body: {start_location: {type: 'Point', coordinates: start.split(',').map(Number)}, duration_minutes},
  });
  assert.ok(accepted);
  assert.equal(response.headers.get('location'), accepted.status_url);
  return got(await client.GET('/api/v1/routes/{route_id}', {
    params: {path: {route_id: await routeOf(accepted.request_id)}},
  }));
}

async function routeOf(request_id: string): Promise<string> {
  for (let tries = 0; tries < 120; tries++) {
    const {data, response} = await client.GET('/api/v1/routes/status/{request_id}', {params: {path: {request_id}}});
    assert.ok(data);
    switch (data.status) {
      case 'complete':
        assert.ok(data.route_id);
        return data.route_id;
      case 'failed':
        throw new Error(`no walk: ${data.error?.code} ${data.error?.message}`);
      case 'pending':
      case 'in_progress':
        await sleep(Number(response.headers.get('retry-after')) * 1000);
    }
  }
  throw new Error('no walk in two minutes');
}

async function check(route: Schemas['RouteView']): Promise<void> {
  const [leg] = route.details.legs;
  assert.equal(leg?.steps[0]?.maneuver, 'depart');
  assert.equal(route.details.legs.length, route.pois.length + 1);
  assert.equal(route.generation_params.start_location.type, 'Point');
  const [stop] = route.pois;
  assert.ok(stop);
  const place = got(await client.GET('/api/v1/pois/{poi_id}', {params: {path: {poi_id: stop.id}}}));
  assert.ok(['node', 'way', 'relation'].includes(place.osm_type));
  assert.ok(Object.values(place.tags).every((value) => value.length > 0));
}

// All walks of the user, a page of one at a time.
async function pages(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? {limit: 1} : {limit: 1, cursor};
    const page = got(await client.GET('/api/v1/users/me/routes', {params: {query}}));
    ids.push(...page.data.map((route) => route.id));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return ids;
}

async function fetchFiles(route_id: string): Promise<void> {
  const params = {path: {route_id}};
  const gpx = await client.GET('/api/v1/routes/{route_id}.gpx', {params, parseAs: 'text'});
  assert.match(gpx.response.headers.get('content-disposition') ?? '', /\.gpx"?$/);
  writeFileSync(gpxFile, got(gpx));
  const features = got(await client.GET('/api/v1/routes/{route_id}.geojson', {params})).features;
  assert.ok(features.every(({properties}, index) => (index === 0) === (properties.kind === 'path')));
  assert.ok(features.every(({id, geometry}) => id.length > 0 && geometry.coordinates.length > 0));
}

// A refusal has a code that the compiler knows.
async function beRefused(): Promise<void> {
  const {error} = await client.POST('/api/v1/routes', {
    body: {start_location: {type: 'Point', coordinates: [0, 0]}, duration_minutes: 60},
  });
  assert.ok(error);
  const fault: Schemas['Fault'] | undefined = error.details?.[0];
  assert.equal(fault?.code, 'outside_coverage' satisfies Schemas['FaultCode']);
  assert.ok(fault?.covered?.every(({bbox}) => bbox.length === 4));
}

await signUp();
const themes = got(await client.GET('/api/v1/interest-themes'));
assert.ok(themes.length > 0);
const routes = [await ask(45), await ask(60)];
for (const route of routes) {
  await check(route);
}
assert.deepEqual(await pages(), routes.map(({id}) => id).reverse());
await fetchFiles(routes[1]!.id);
await beRefused();
const {response} = await client.POST('/api/v1/logout');
assert.equal(response.status, 204);
console.log(`TypeScript: ${routes.map(({distance_metres}) => Math.round(distance_metres)).join(' and ')} m walked`);
