// Service worker: opens the page without a network, and answers with what `web/src/offline.ts` keeps.
export {};

declare const self: ServiceWorkerGlobalScope;
// Addresses of the page's files whose names tell their content; see vite.config.ts.
declare const __SHELL__: string[];

const FILES = __SHELL__;
const SHELL = `shell ${FILES.join(' ')}`;
const PAGE = '/';
const BESIDE = ['/manifest.webmanifest', '/icon-192.png'];
// Somebody with a poor connection would rather have the page that is kept.
const PATIENCE = 4_000;

async function install(): Promise<void> {
  const shell = await caches.open(SHELL);
  await shell.addAll([PAGE, ...BESIDE, ...FILES]);
  await self.skipWaiting();
}

// Shells of other versions go; pages that are open have loaded all of theirs.
async function activate(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith('shell ') && name !== SHELL);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function page(): Promise<Response> {
  try {
    const answer = await fetch(PAGE, {signal: AbortSignal.timeout(PATIENCE)});
    if (answer.ok) {
      return answer;
    }
  } catch {
    // The one that fits the files will do.
  }
  return await (await caches.open(SHELL)).match(PAGE) ?? Response.error();
}

async function file(request: Request): Promise<Response> {
  return await caches.match(request, {ignoreVary: true}) ?? fetch(request);
}

async function answer(request: Request): Promise<Response> {
  return fetch(request).catch(async () => await caches.match(request, {ignoreVary: true}) ?? Response.error());
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const {request} = event;
  const {origin, pathname} = new URL(request.url);
  if (request.method !== 'GET') {
    return;
  }
  if (request.mode === 'navigate') {
    if (pathname === PAGE) {
      event.respondWith(page());
    }
  } else if (origin === location.origin && FILES.includes(pathname)) {
    event.respondWith(file(request));
  } else {
    event.respondWith(answer(request));
  }
});
