// What is kept for the time without a network: saved walks with their directions, the tiles around them, and who walks.
import type {Schemas} from './api';
import {tilesAt} from './style';

const KEPT = 'kept';
const ZOOMS = [12, 13, 14, 15, 16];
const TOGETHER = 8;
const FIRST_OF_ALL = ['/api/v1/users/me', '/api/v1/interest-themes', '/api/v1/users/me/routes?limit=20'];

function addressOf(id: string): string {
  return `/api/v1/routes/${id}`;
}

// The tiles that a path touches, and those around them, as `z/x/y`.
function tilesAround(path: number[][]): string[] {
  const tiles = new Set<string>();
  for (const zoom of ZOOMS) {
    const width = 2 ** zoom;
    for (const [longitude = 0, latitude = 0] of path) {
      const x = Math.floor((longitude + 180) / 360 * width);
      const y = Math.floor((1 - Math.asinh(Math.tan(latitude * Math.PI / 180)) / Math.PI) / 2 * width);
      for (const [east, south] of [[-1, -1], [0, -1], [1, -1], [-1, 0], [0, 0], [1, 0], [-1, 1], [0, 1], [1, 1]] as const) {
        tiles.add(`${zoom}/${x + east}/${y + south}`);
      }
    }
  }
  return [...tiles];
}

// Keeps a walk, as far as the browser and the network let it; what is kept already is fetched again but for tiles.
export async function keep({id, path}: Schemas['RouteView']): Promise<void> {
  if (!('caches' in window)) {
    return;
  }
  try {
    const kept = await caches.open(KEPT);
    await kept.addAll([...FIRST_OF_ALL, addressOf(id)]);
    const wanted = tilesAround(path.coordinates).flatMap((tile) => ['base', 'pois'].map((source) => tilesAt(source).replace('{z}/{x}/{y}', tile)));
    while (wanted.length > 0) {
      await Promise.all(wanted.splice(0, TOGETHER).map(async (tile) => await kept.match(tile) ?? kept.add(tile)));
    }
  } catch (error) {
    console.info('not all of the walk is kept for the time without a network', error);
  }
}

// Keeps a walk no longer. Its tiles stay until the log-out: others may lie in them.
export async function drop(id: string): Promise<void> {
  if ('caches' in window) {
    await (await caches.open(KEPT)).delete(addressOf(id));
  }
}

// Nothing of a user stays behind.
export async function forget(): Promise<void> {
  if ('caches' in window) {
    await caches.delete(KEPT);
  }
}

// Lets the page open without a network.
export function install(): void {
  if (import.meta.env.PROD && 'serviceWorker' in navigator) {
    void navigator.serviceWorker.register('/sw.js').catch((error: unknown) => console.info('the page stays online', error));
  }
}
