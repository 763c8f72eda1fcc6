// guide.mjs PAGE: goes along a walk to its end and strays from it, and prints, as JSON, what it was told. Puts a picture into the folder
// PICTURES, if one is named.
import {launch} from './chromium.mjs';
import {DESK, PHONE, address, examine, open, picture, seen, walkAsNew} from './visit.mjs';

// A simulated walker goes to the end of the walk.
async function walkToTheEnd(page) {
  await page.addInitScript(() => {
    const request = navigator.wakeLock.request.bind(navigator.wakeLock);
    navigator.wakeLock.request = (kind) => {
      window.awake = kind;
      return request(kind);
    };
  });
  await page.goto(`${address}?simulate=30`);
  await page.locator('#minutes').fill('30');
  await walkAsNew(page, 'otso');
  seen.stops = await page.locator('#stops h3').allTextContents();
  await page.getByRole('button', {name: 'Start walking'}).click();
  // Runs in the page.
  await page.evaluate(() => {
    window.told = [];
    const note = () => {
      const text = (selector) => document.querySelector(`#guide ${selector}`)?.textContent;
      const {stop = '', left} = {stop: text('.next-stop'), left: text('.left')};
      window.told.push({said: text('.said'), stop, left, done: document.querySelector('#guide progress')?.value});
    };
    new MutationObserver(note).observe(document.querySelector('#guide'), {subtree: true, childList: true, characterData: true, attributes: true});
  });
  await page.waitForFunction(() => /^Next stop: /.test(document.querySelector('.next-stop').textContent));
  await page.waitForSelector('.walker');
  await examine(page, 'on the way');
  await page.waitForTimeout(4_000);
  await page.setViewportSize(PHONE);
  await picture(page, 'on-the-way');
  await page.setViewportSize(DESK);
  await page.getByRole('heading', {name: 'That was your walk'}).waitFor({timeout: 180_000});
  await examine(page, 'arrived');
  const told = await page.evaluate(() => window.told);
  const distinct = (texts) => [...new Set(texts.filter(Boolean))];
  seen.guided = {
    awake: await page.evaluate(() => window.awake),
    said: distinct(told.map(({said}) => said)),
    next: distinct(told.map(({stop}) => /^Next stop: (.*), [^,]*$/.exec(stop)?.[1])),
    done: told.map(({done}) => done).filter((done) => done !== undefined),
    walkers: await page.locator('.walker').count(),
  };
  await page.getByRole('button', {name: 'Look at it again'}).click();
  await page.waitForSelector('#stops .stop');
}

// Somebody whose device says that he is beside the way.
async function strayFromTheWay(browser, storageState, hash) {
  const [longitude, latitude] = [24.9522, 60.159];
  const page = await open(browser, {storageState, viewport: PHONE, colorScheme: 'dark', permissions: ['geolocation'], geolocation: {longitude, latitude}});
  await page.goto(`${address}${hash}`);
  await page.getByRole('button', {name: 'Start walking'}).click();
  await page.waitForFunction(() => document.querySelector('#guide .ahead').textContent);
  seen.strayed = await page.locator('#guide .next').innerText();
  await examine(page, 'on the way in the dark');
  await page.getByRole('button', {name: 'End the walk'}).click();
  await page.waitForSelector('#stops .stop');
  await page.context().close();
}

const browser = await launch();
try {
  const page = await open(browser, {viewport: DESK, colorScheme: 'light'});
  await walkToTheEnd(page);
  await strayFromTheWay(browser, await page.context().storageState(), await page.evaluate(() => location.hash));
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
