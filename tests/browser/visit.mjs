// What the scripts that go through the page share: windows that note what goes wrong, and what was seen.
import {join} from 'node:path';
import axe from 'axe-core';

export const address = process.argv[2];
const folder = process.env.PICTURES;
export const DESK = {width: 1280, height: 800};
export const PHONE = {width: 390, height: 844};
const PASSWORD = 'a walk in the park';
export const seen = {requests: [], failures: [], axe: []};

// Opens a window that notes what is asked for and what goes wrong.
export async function open(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.failures.push(error.message));
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) {
      seen.failures.push(message.text());
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 500) {
      seen.failures.push(`${response.status()} ${response.url()}`);
    }
  });
  return page;
}

// Runs in the page, again and again, until it is true.
export async function until(page, what, question) {
  const end = Date.now() + 60_000;
  while (!(await page.evaluate(question).catch(() => false))) {
    if (Date.now() > end) {
      throw new Error(`this did not happen: ${what}; the page says: ${await page.locator('#panel').innerText()}`);
    }
    await page.waitForTimeout(100);
  }
}

export const isStill = () => window.walkMap && !walkMap.map.isMoving() && walkMap.map.areTilesLoaded() && walkMap.map.loaded();
export const isDrawn = () => window.walkMap && !walkMap.map.isMoving() && walkMap.map.areTilesLoaded()
  && walkMap.map.queryRenderedFeatures({layers: ['walk']}).length > 0
  && walkMap.map.queryRenderedFeatures({layers: ['stops']}).length > 0;

// Faults of access that are serious, in the view that is shown.
export async function examine(page, view) {
  await page.evaluate(axe.source);
  const {violations} = await page.evaluate(() => axe.run(document, {resultTypes: ['violations']}));
  for (const {id, impact, nodes} of violations) {
    if (impact === 'serious' || impact === 'critical') {
      seen.axe.push(`${view}: ${id}: ${nodes.map(({html}) => html.slice(0, 120)).join(' ')}`);
    }
  }
}

export async function picture(page, name) {
  if (folder) {
    await page.screenshot({path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 80});
  }
}

// Asks for the walk of the plan, and signs up for it.
export async function walkAsNew(page, name) {
  await page.getByRole('button', {name: 'Walk!'}).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await examine(page, 'sign up');
  await page.getByRole('button', {name: 'Sign up', exact: true}).last().click();
  await page.waitForSelector('#stops .stop');
}
