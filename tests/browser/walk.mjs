// walk.mjs PAGE [SCREENSHOT]: takes a walk on the page in chromium and prints, as JSON, what it shows.
import {launch} from './chromium.mjs';

const [address, screenshot] = process.argv.slice(2);

// Runs in the page.
function shown() {
  const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.firstChild.textContent);
  const features = walkMap.map.queryRenderedFeatures({layers: ['walk', 'stops']});
  return {
    status: document.getElementById('status').textContent,
    stops: texts('#stops li'),
    drawn: [...new Set(features.map(({layer, properties}) => `${layer.id} ${properties.position ?? properties.id}`))],
  };
}

const browser = await launch();
try {
  const page = await browser.newPage({viewport: {width: 1200, height: 800}});
  const [requests, failures] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('response', (response) => {
    // A new visitor has no session yet.
    if (response.status() >= 400 && !response.url().endsWith('/users/me')) {
      failures.push(`${response.status()} ${response.url()}`);
    }
  });
  page.on('pageerror', (error) => failures.push(error.message));
  await page.goto(address);
  await page.waitForFunction(() => document.querySelector('#themes input'));
  await page.click('#wish button');
  await page.waitForFunction(() => !walkMap.map.isMoving() && walkMap.map.areTilesLoaded()
    && walkMap.map.queryRenderedFeatures({layers: ['walk']}).length > 0, null, {timeout: 60_000});
  if (screenshot) {
    await page.screenshot({path: screenshot});
  }
  console.log(JSON.stringify({...(await page.evaluate(shown)), requests, failures}));
} finally {
  await browser.close();
}
