// Serves the test page, MapLibre and the styles, as a web app would, on a port of its own.
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const folders = {
  styles: join(here, '../../martin/styles'),
  maplibre: join(here, '../../web/node_modules/maplibre-gl/dist'),
  page: here,
};
const types = {'.html': 'text/html', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json'};

async function answer(request, response) {
  const [folder, name] = new URL(request.url, 'http://localhost').pathname.slice(1).split('/');
  const file = join(folders[folder] ?? here, name ?? 'none');
  if (!(await stat(file).catch(() => null))?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {'Content-Type': types[extname(file)] ?? 'application/octet-stream'});
  createReadStream(file).pipe(response);
}

export async function serveFiles() {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {url: `http://127.0.0.1:${server.address().port}`, close: () => server.close()};
}
