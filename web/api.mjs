// The part of the API that the page uses: https://…/docs describes all of it.

// Sends a request; an answer that is not a success becomes an error with what the service said.
export async function ask(method, path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: body ? {'Content-Type': 'application/json'} : {},
    body: body && JSON.stringify(body),
  });
  const content = await answer.json().catch(() => ({message: `the service answers with ${answer.status}`}));
  if (!answer.ok) {
    const causes = content.details?.map(({field, message}) => `${field} ${message}`);
    throw Object.assign(new Error(causes?.join(', ') ?? content.message), {status: answer.status});
  }
  return content;
}

// Goes on with the session of the last visit, or signs up a guest.
export async function beginSession() {
  try {
    await ask('GET', '/users/me');
  } catch (error) {
    if (error.status !== 401) {
      throw error;
    }
    const [name, password] = [crypto.randomUUID(), crypto.randomUUID()];
    await ask('POST', '/users', {username: `guest-${name}`, password});
  }
}

// Tells of each status that the server pushes, for as long as the page is open. After a lost connection the server
// says again what was missed.
export function listen(heed) {
  const url = new URL('/ws', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  socket.onmessage = ({data}) => {
    const frame = JSON.parse(data);
    if (frame.type === 'route_generation_status') {
      heed(frame);
    }
  };
  socket.onclose = () => setTimeout(listen, 2000, heed);
}
