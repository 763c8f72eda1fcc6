// draw.mjs TILES WALK STYLE CENTER ZOOM [SCREENSHOT]: draws the map in chromium and prints, as JSON, what is on it:
// for each layer of the style the properties of its features, with their place on the screen, and each address asked.
import {launch} from './chromium.mjs';
import {serveFiles} from './files.mjs';

const [tiles, walk, style, center, zoom, screenshot] = process.argv.slice(2);

// Runs in the page.
function rendered() {
  const layers = {};
  for (const {layer, properties, geometry} of map.queryRenderedFeatures()) {
    const point = geometry.type === 'Point' ? map.project(geometry.coordinates) : null;
    (layers[layer.id] ??= []).push({properties, type: geometry.type, point});
  }
  return {layers, failures};
}

const files = await serveFiles();
const browser = await launch();
try {
  const page = await browser.newPage({viewport: {width: 900, height: 700}});
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => console.error(message.text()));
  const query = new URLSearchParams({tiles, walk, style, center, zoom});
  await page.goto(`${files.url}/page/map.html?${query}`);
  await page.waitForFunction(() => window.drawn, null, {timeout: 60_000});
  if (screenshot) {
    await page.screenshot({path: screenshot});
  }
  console.log(JSON.stringify({...(await page.evaluate(rendered)), requests}));
} finally {
  await browser.close();
  files.close();
}
