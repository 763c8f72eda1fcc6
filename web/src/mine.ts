// What people do with a walk of theirs: save, name, share and delete it, take it along as a file.
import {call, type Schemas} from './api';
import {ask, tell} from './dialog';
import {button, el} from './dom';
import {notice} from './notice';

type Walk = Schemas['RouteView'];

export interface Ways {
  // The walk has changed.
  changed(walk: Walk): void;
  deleted(): void;
  // Sets out on it.
  start(): void;
  another(): void;
  plan(): void;
}

// Address at which anybody sees a shared walk. What follows the # reaches no server, and so no log.
export function linkOf(token: string): string {
  return new URL(`/#shared=${token}`, location.href).href;
}

async function copy(link: HTMLInputElement, said: HTMLElement): Promise<void> {
  link.select();
  const isCopied = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
  said.textContent = isCopied ? 'Copied.' : 'Your browser does not let us copy: the link is marked, copy it.';
}

async function share(walk: Walk, {changed}: Ways): Promise<void> {
  const at = {at: {route_id: walk.id}};
  const {token} = await call('post', '/api/v1/routes/{route_id}/share', at);
  changed({...walk, shared: true});
  const link = el('input', {readonly: true, value: linkOf(token), 'aria-label': 'Link to the walk'});
  const said = el('p', {role: 'status', class: 'soft'}, 'Whoever has the link sees this walk, not who made it.');
  const withdraw = () => void ask('Withdraw the link?', 'Withdraw', async () => {
    await call('delete', '/api/v1/routes/{route_id}/share', at);
    changed({...walk, shared: false});
  }, el('p', {}, 'It stops working for all who have it. If you share the walk again, it gets another one.'));
  tell('Share this walk', [{text: 'Withdraw the link', act: withdraw}],
    el('div', {class: 'copy'}, link, button('Copy', () => void copy(link, said), 'quiet')), said);
}

function rename(walk: Walk, {changed}: Ways): Promise<boolean> {
  const input = el('input', {name: 'name', maxlength: 100, value: walk.name ?? '', autocomplete: 'off'});
  return ask('Name this walk', 'Keep the name', async (given) => {
    const name = String(given.get('name')).trim() || null;
    await call('patch', '/api/v1/routes/{route_id}', {at: {route_id: walk.id}, body: {name}});
    changed({...walk, name});
  }, el('label', {class: 'field'}, el('span', {}, 'Name'), input, el('small', {}, 'Empty: it has no name.')));
}

function remove({id, name}: Walk, {deleted}: Ways): Promise<boolean> {
  return ask(name ? `Delete “${name}”?` : 'Delete this walk?', 'Delete', async () => {
    await call('delete', '/api/v1/routes/{route_id}', {at: {route_id: id}});
    deleted();
  }, el('p', {}, 'It leaves your list with all that you noted on it, and its link stops working.'));
}

async function save(walk: Walk, {changed}: Ways): Promise<void> {
  await call(walk.saved ? 'delete' : 'put', '/api/v1/routes/{route_id}/saved', {at: {route_id: walk.id}});
  changed({...walk, saved: !walk.saved});
}

export function ownButtons(walk: Walk, ways: Ways): HTMLElement {
  const trouble = el('div');
  const act = (text: string, doing: (walk: Walk, ways: Ways) => Promise<unknown>) =>
    button(text, () => void doing(walk, ways).catch((error: unknown) => trouble.replaceChildren(notice(error))), 'quiet');
  const file = (format: string, text: string) =>
    el('a', {class: 'button quiet', href: `/api/v1/routes/${walk.id}.${format}`, download: `walk.${format}`}, text);
  const saving = act(walk.saved ? '★ Saved' : '☆ Save', save);
  saving.setAttribute('aria-pressed', String(walk.saved));
  return el('div', {class: 'own'},
    button('Start walking', ways.start, 'main'),
    el('div', {class: 'row'}, saving, act('Name', rename), act(walk.shared ? 'Shared' : 'Share', share), act('Delete', remove),
      file('gpx', 'GPX'), file('geojson', 'GeoJSON'), button('Another one', ways.another, 'quiet'), button('New walk', ways.plan, 'quiet')),
    trouble);
}
