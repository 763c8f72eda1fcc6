// page.mjs PAGE: goes through the page in chromium as people would, and prints, as JSON, what it saw. Puts pictures into the
// folder PICTURES, if one is named.
import {launch} from './chromium.mjs';
import {DESK, PHONE, address, examine, isDrawn, isStill, open, picture, seen, until, walkAsNew} from './visit.mjs';

// Runs in the page.
function shown() {
  const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
  const features = walkMap.map.queryRenderedFeatures({layers: ['walk', 'stops']});
  return {
    title: document.querySelector('h2').textContent,
    stops: texts('#stops h3'),
    drawn: [...new Set(features.map(({layer, properties}) => `${layer.id} ${properties.position ?? properties.id}`))],
    streets: walkMap.map.querySourceFeatures('base', {sourceLayer: 'streets'}).length,
    directions: texts('.way li').length,
    reasons: texts('.why'),
    credit: document.querySelector('.maplibregl-ctrl-attrib').textContent,
  };
}

async function signUpAndWalk(page) {
  await page.goto(address);
  await page.waitForSelector('.chip');
  await until(page, 'the map is drawn', isStill);
  await examine(page, 'plan');
  for (const theme of ['Architecture', 'Waterfront', 'Quiet parks', 'Monuments and memorials', 'Sacred places']) {
    await page.locator('.chip', {hasText: theme}).click();
  }
  await page.evaluate(() => document.getElementById('panel').scrollTo(0, 0));
  await picture(page, 'plan-desk');
  await walkAsNew(page, 'ann');
  await until(page, 'the walk is drawn', isDrawn);
  await examine(page, 'walk');
  await picture(page, 'walk-desk');
  Object.assign(seen, await page.evaluate(shown));
}

async function saveAndFindAgain(page) {
  await page.getByRole('button', {name: 'Save'}).click();
  await page.getByRole('button', {name: 'Saved', pressed: true}).waitFor();
  seen.files = await page.evaluate(() => Promise.all([...document.querySelectorAll('a[download]')]
    .map(async ({href}) => `${(await fetch(href)).status} ${href.split('.').pop()}`)));
  await page.context().setOffline(true);
  await page.getByText('Offline', {exact: true}).waitFor();
  await examine(page, 'offline');
  await page.context().setOffline(false);
  await page.getByText('Offline', {exact: true}).waitFor({state: 'detached'});
  await page.reload();
  await page.waitForSelector('#stops .stop');
  await page.getByRole('button', {name: 'My walks'}).click();
  await page.waitForSelector('.walks li');
  await examine(page, 'my walks');
  seen.walks = await page.locator('.walks li').count();
  await page.locator('.walks button').first().click();
  await page.waitForSelector('#stops .stop');
}

// The link as somebody without an account opens it.
async function openLink(browser, link, name) {
  const page = await open(browser, {viewport: DESK, colorScheme: 'light'});
  await page.goto(link);
  await page.getByRole('heading', {name, exact: true}).waitFor();
  await until(page, 'the shared walk is drawn', isDrawn);
  await examine(page, 'shared walk');
  return page;
}

// Goes to a button by keyboard, and presses it.
async function pressByKeyboard(page, name) {
  for (let tries = 0; tries < 80; tries += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((name) => document.activeElement.textContent === name, name)) {
      await page.keyboard.press('Enter');
      return;
    }
  }
  throw new Error(`no Tab leads to ${name}`);
}

// Without a mouse.
async function giveName(page, name) {
  await pressByKeyboard(page, 'Share');
  await page.getByLabel('Link to the walk').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', {state: 'detached'});
  await pressByKeyboard(page, 'Name');
  await page.waitForFunction(() => document.activeElement.name === 'name');
  await page.keyboard.type(name);
  await examine(page, 'name');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {name, exact: true}).waitFor();
}

async function nameAndShare(browser, page) {
  const name = 'By the harbour';
  await giveName(page, name);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', {name: 'Shared', exact: true}).click();
  await page.getByRole('button', {name: 'Copy'}).click();
  await page.getByText('Copied.').waitFor();
  await examine(page, 'share');
  const stranger = await openLink(browser, await page.evaluate(() => navigator.clipboard.readText()), name);
  seen.shared = {stops: await stranger.locator('#stops h3').allTextContents(), buttons: await stranger.locator('#walk button.quiet').allTextContents()};
  await page.getByRole('button', {name: 'Withdraw the link'}).click();
  await page.getByRole('button', {name: 'Withdraw', exact: true}).click();
  await page.getByRole('button', {name: 'Share', exact: true}).waitFor();
  await stranger.reload();
  seen.withdrawn = await stranger.locator('.notice').innerText();
  await stranger.context().close();
}

// Another walk for the same wish, which is deleted again: one is left.
async function takeAnotherAndDeleteIt(page) {
  const before = await page.locator('#stops h3').allTextContents();
  await page.getByRole('button', {name: 'Another one'}).click();
  await page.waitForSelector('#stops', {state: 'detached'});
  await page.waitForSelector('#stops .stop');
  seen.another = {before, after: await page.locator('#stops h3').allTextContents()};
  await page.getByRole('button', {name: 'Delete', exact: true}).click();
  await examine(page, 'delete');
  await page.locator('dialog').getByRole('button', {name: 'Delete', exact: true}).click();
  await page.getByRole('heading', {name: 'My walks'}).waitFor();
  await page.waitForSelector('.walks li');
  seen.left = await page.locator('.walks strong').allTextContents();
  await page.locator('.walks button').first().click();
  await page.waitForSelector('#stops .stop');
}

async function askForAPlaceThatIsNotLoaded(page) {
  await page.getByRole('button', {name: 'New walk'}).click();
  await page.evaluate(() => walkMap.map.jumpTo({center: [0.5, 0.5], zoom: 14}));
  await page.getByRole('button', {name: 'Map centre'}).click();
  await page.getByRole('button', {name: 'Walk!'}).click();
  await page.waitForSelector('.notice');
  await examine(page, 'notice');
  seen.refusal = await page.locator('.notice').innerText();
  await page.locator('.notice button').first().click();
  await page.waitForSelector('.notice', {state: 'detached'});
  await page.getByRole('button', {name: 'Walk!'}).click();
  await page.waitForSelector('#stops .stop');
}

// The walk on another screen, after the login.
async function lookAgain(browser, storageState, name, options) {
  const page = await open(browser, {storageState, ...options});
  const [, walk] = seen.drawn.find((text) => text.startsWith('walk ')).split(' ');
  await page.goto(`${address}#walk=${walk}`);
  await page.waitForSelector('#stops .stop');
  await until(page, `the walk is drawn on the ${name}`, isDrawn);
  await examine(page, name);
  await picture(page, `walk-${name}`);
  const overflows = () => document.documentElement.scrollWidth > innerWidth;
  seen[name] = {...(await page.evaluate(shown)), overflows: await page.evaluate(overflows)};
  await page.getByRole('button', {name: 'New walk'}).click();
  await page.waitForSelector('.chip');
  await examine(page, `plan ${name}`);
  await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
  seen[name].overflows ||= await page.evaluate(overflows);
  await page.context().close();
}

const browser = await launch();
try {
  const page = await open(browser, {viewport: DESK, colorScheme: 'light'});
  await signUpAndWalk(page);
  await saveAndFindAgain(page);
  await nameAndShare(browser, page);
  await takeAnotherAndDeleteIt(page);
  await askForAPlaceThatIsNotLoaded(page);
  const state = await page.context().storageState();
  await lookAgain(browser, state, 'phone', {viewport: PHONE, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'light'});
  await lookAgain(browser, state, 'dark', {viewport: DESK, colorScheme: 'dark', reducedMotion: 'reduce'});
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
