// A walk in words: its figures, its stops, the way between them.
import type {Schemas} from './api';
import {button, el} from './dom';
import {notice} from './notice';
import {kindOf} from './plan';
import {count, distance, minutes} from './words';

type Walk = Schemas['RouteView'];

export interface Walking {
  walk: Walk;
  themes: Schemas['Theme'][];
  setSaved(isSaved: boolean): Promise<void>;
  showStop(stop: Schemas['StopView']): void;
  another(): void;
}

function figure(value: string, name: string): HTMLElement {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

function figures({distance_metres, duration_seconds, details}: Walk): HTMLElement {
  const {lit_metres, unlit_metres, unknown_metres} = details.light;
  const known = lit_metres + unlit_metres;
  const share = Math.round(100 * lit_metres / (known + unknown_metres || 1));
  return el('dl', {class: 'figures'},
    figure(minutes(duration_seconds), 'Time'),
    figure(distance(distance_metres), 'Way'),
    figure(details.stairs_metres > 0 ? distance(details.stairs_metres) : 'None', 'Stairs'),
    figure(known > 0 ? `${share} %` : 'Unknown', 'With light'));
}

function way(leg: Schemas['Leg'] | undefined, to: string): HTMLElement | undefined {
  if (!leg?.steps.length) {
    return undefined;
  }
  const steps = leg.steps.map((step) => el('li', {class: step.maneuver},
    step.instruction, ' ', el('small', {}, distance(step.distance_metres))));
  return el('details', {class: 'way'},
    el('summary', {}, `${distance(leg.distance_metres)} on foot, ${minutes(leg.duration_seconds)}`, el('span', {class: 'unseen'}, ` ${to}`)),
    el('ol', {}, ...steps));
}

// What is known of the hours of a place that is entered, by the clock of the place.
function doors({opening}: Schemas['StopView'], walk: Schemas['RouteView']): string {
  if (!opening) {
    return '';
  }
  const begin = new Date(walk.generation_params.depart_at ?? walk.created_at).getTime();
  const isSoon = opening.until && new Date(opening.until).getTime() - begin < 24 * 3600 * 1000;
  const until = isSoon ? ` until ${opening.until?.slice(11, 16)}` : '';
  return {open: `, open${until}`, closed: `, closed${until}`, unknown: ', hours unknown'}[opening.state];
}

function stopItem(stop: Schemas['StopView'], {walk, themes, showStop}: Walking): HTMLElement {
  const name = stop.name ?? 'A place without a name';
  const its = themes.filter(({id}) => stop.theme_ids.includes(id));
  const visit = stop.visit_seconds > 0 ? `, stay ${minutes(stop.visit_seconds)}` : '';
  const leg = way(walk.details.legs[stop.position - 1], `to ${name}`);
  return el('li', {class: 'stop'}, leg,
    el('div', {class: 'place'}, el('b', {class: 'number', 'aria-hidden': 'true'}, String(stop.position)),
      el('div', {},
        el('h3', {}, button(name, () => showStop(stop), 'link')),
        el('p', {class: 'soft'}, `After ${minutes(stop.arrive_after_seconds)}${visit}${doors(stop, walk)}`),
        stop.narrative && el('p', {}, stop.narrative),
        its.length > 0 && el('p', {class: 'tags'}, ...its.map(({name: theme}) => el('span', {class: `tag ${kindOf(theme)}`}, theme))))));
}

function saveButton({walk, setSaved}: Walking, trouble: HTMLElement): HTMLButtonElement {
  let isSaved = walk.saved;
  const toggle = async () => {
    try {
      await setSaved(!isSaved);
      isSaved = !isSaved;
      show();
    } catch (error) {
      trouble.replaceChildren(notice(error));
    }
  };
  const save = button('', () => void toggle(), 'quiet');
  const show = () => {
    save.textContent = isSaved ? '★ Saved' : '☆ Save';
    save.setAttribute('aria-pressed', String(isSaved));
  };
  show();
  return save;
}

export function walkView(walking: Walking): HTMLElement {
  const {walk, another} = walking;
  const trouble = el('div');
  const file = (format: string, text: string) =>
    el('a', {class: 'button quiet', href: `/api/v1/routes/${walk.id}.${format}`, download: `walk.${format}`}, text);
  const home = walk.generation_params.end_location ? 'to the end' : 'back to the start';
  const last = way(walk.details.legs[walk.pois.length], home);
  return el('section', {id: 'walk'},
    el('h2', {tabindex: -1}, `${count(walk.pois.length, 'stop')} in ${minutes(walk.duration_seconds)}`),
    figures(walk),
    el('div', {class: 'row'}, saveButton(walking, trouble), file('gpx', 'GPX'), file('geojson', 'GeoJSON'), button('Another walk', another, 'quiet')),
    trouble,
    el('ol', {id: 'stops', class: 'stops'}, ...walk.pois.map((stop) => stopItem(stop, walking))),
    last && el('div', {class: 'last'}, last),
    el('p', {class: 'soft'}, last ? `Then you are ${home.replace('to the', 'at the')}.` : ''),
    el('p', {class: 'credit'}, walk.attribution));
}
