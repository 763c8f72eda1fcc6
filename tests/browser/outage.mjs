// outage.mjs PAGE: has a saved walk without a server, and goes on when that is back. Asks for both by the lines "stop" and "start",
// each of which is answered by a line, and prints in the end, as JSON, what it saw.
import {createInterface} from 'node:readline';
import {launch} from './chromium.mjs';

const address = process.argv[2];
const seen = {failures: []};
const answers = createInterface({input: process.stdin})[Symbol.asyncIterator]();

async function ask(wish) {
  console.log(wish);
  await answers.next();
}

async function open(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => seen.failures.push(error.message));
  return page;
}

const stopsOf = (page) => page.locator('#stops h3').allTextContents();

async function signUpAndSave(page) {
  await page.goto(`${address}healthz`);
  await page.evaluate(() => caches.open('shell of the build before'));
  await page.goto(`${address}?simulate=1`);
  await page.getByRole('button', {name: 'Walk!'}).click();
  await page.getByLabel('Name').fill('otso');
  await page.getByLabel('Password').fill('a walk in the park');
  await page.getByRole('button', {name: 'Sign up', exact: true}).last().click();
  await page.waitForSelector('#stops .stop');
  seen.stops = await stopsOf(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  seen.shells = await page.evaluate(async () => {
    const shells = async () => (await caches.keys()).filter((name) => name.startsWith('shell '));
    for (let tries = 0; (await shells()).length > 1 && tries < 50; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return shells();
  });
  await page.getByRole('button', {name: 'Save'}).click();
  await page.getByRole('button', {name: 'Saved', pressed: true}).waitFor();
  // Runs in the page: until no tile has come for a while.
  await page.evaluate(async () => {
    const count = async () => (await (await caches.open('kept')).keys()).length;
    for (let before = -1, now = 0; before !== now || now < 20; before = now, now = await count()) {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
  });
}

// Runs in the page: what is drawn of the walk and below it.
function drawn() {
  if (walkMap.map.isMoving() || !walkMap.map.areTilesLoaded()) {
    return [];
  }
  return [...new Set(walkMap.map.queryRenderedFeatures().map(({source, layer}) => source === 'base' ? `base ${layer.id}` : layer.id))];
}

async function readWithoutAServer(page) {
  await page.reload();
  await page.waitForSelector('#stops .stop');
  seen.without = await stopsOf(page);
  seen.directions = await page.locator('.way li').count();
  const end = Date.now() + 30_000;
  do {
    seen.drawn = await page.evaluate(drawn);
  } while (!seen.drawn.some((part) => part.startsWith('base ')) && Date.now() < end);
  await page.getByRole('button', {name: 'My walks'}).click();
  await page.waitForSelector('.walks li');
  seen.listed = await page.locator('.walks strong').allTextContents();
  await page.locator('.walks button').first().click();
  await page.waitForSelector('#stops .stop');
}

// The device leads to the end of the walk by itself.
async function walkAlone(page) {
  await page.goto(`${address}?simulate=60${await page.evaluate(() => location.hash)}`);
  await page.getByRole('button', {name: 'Start walking'}).click();
  const next = new Set();
  while (!(await page.getByRole('heading', {name: 'That was your walk'}).isVisible())) {
    const stop = await page.evaluate(() => document.querySelector('.next-stop')?.textContent);
    next.add(/^Next stop: (.*), [^,]*$/.exec(stop ?? '')?.[1]);
    await page.waitForTimeout(100);
  }
  next.delete(undefined);
  seen.alone = [...next];
}

// The connection is lost on the way, and made again.
async function walkOn(page) {
  let sockets = 0;
  page.on('websocket', () => { sockets += 1; });
  await page.goto(`${address}?simulate=1${await page.evaluate(() => location.hash)}`);
  await page.getByRole('button', {name: 'Start walking'}).click();
  await page.getByText(/^No connection/).waitFor();
  seen.notices = ['No connection'];
  await ask('start');
  await page.getByText(/^No connection/).waitFor({state: 'detached'});
  await ask('stop');
  await page.getByText(/^No connection/).waitFor();
  await ask('start');
  await page.getByText(/^No connection/).waitFor({state: 'detached'});
  seen.notices.push('none');
  seen.sockets = sockets;
}

const browser = await launch();
try {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const page = await open(context);
  await signUpAndSave(page);
  await ask('stop');
  await readWithoutAServer(page);
  await walkAlone(page);
  await walkOn(page);
  // Another tab of the same browser sees the same walks.
  const tab = await open(context);
  await tab.goto(address);
  await tab.getByRole('button', {name: 'My walks'}).click();
  await tab.waitForSelector('.walks li');
  seen.elsewhere = await tab.locator('.walks strong').first().innerText();
  await tab.getByRole('button', {name: 'Log out'}).click();
  await tab.getByRole('button', {name: 'Log in'}).waitFor();
  seen.left_after_logout = await tab.evaluate(async () => Number(await caches.has('kept')));
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
process.exit(0);
