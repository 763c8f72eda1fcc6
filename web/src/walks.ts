// My walks.
import {call, type Schemas} from './api';
import {button, el} from './dom';
import {notice} from './notice';
import {count, day, distance, minutes} from './words';

type Summary = Schemas['RouteSummary'];

function item(walk: Summary, open: (id: string) => void): HTMLElement {
  const themes = walk.generation_params.interest_theme_ids.length;
  const about = themes > 0 ? count(themes, 'theme') : 'all themes';
  const size = `${distance(walk.distance_metres)} in ${minutes(walk.duration_seconds)}`;
  return el('li', {}, el('button', {type: 'button', class: 'walk', onclick: () => open(walk.id)},
    el('strong', {}, `${walk.saved ? '★ ' : ''}${walk.name ?? size}`),
    el('small', {}, `${day(walk.requested_at)}, ${walk.name ? size : about}`)));
}

export function walksView(open: (id: string) => void, back: () => void): HTMLElement {
  const list = el('ul', {class: 'walks'});
  const rest = el('div');
  const load = async (cursor?: string) => {
    rest.replaceChildren(el('p', {class: 'soft', role: 'status'}, 'Looking …'));
    try {
      const query: Record<string, string | number> = cursor ? {limit: 20, cursor} : {limit: 20};
      const page = await call('get', '/api/v1/users/me/routes', {query});
      list.append(...page.data.map((walk) => item(walk, open)));
      rest.replaceChildren();
      if (page.next_cursor) {
        rest.append(button('Older walks', () => void load(page.next_cursor), 'quiet'));
      } else if (!list.children.length) {
        rest.append(el('p', {class: 'soft'}, 'None yet. The first one is a tap away.'));
      }
    } catch (error) {
      rest.replaceChildren(notice(error, [{text: 'Try again', act: () => void load(cursor)}]));
    }
  };
  void load();
  return el('section', {}, el('h2', {tabindex: -1}, 'My walks'), list, rest, button('Plan a walk', back, 'main'));
}
