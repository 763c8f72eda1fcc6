// A walk in words: its figures, its stops, the way between them.
import type {Schemas} from './api';
import {button, el} from './dom';
import {kindOf} from './plan';
import {count, distance, listed, minutes} from './words';

// A walk as all see it who may.
export type Walk = Schemas['SharedRouteView'];

export interface Walking {
  walk: Walk;
  themes: Schemas['Theme'][];
  // Ids of the themes that were asked for, where that is known.
  liked: string[];
  // Time at which it begins, where that is known.
  begins?: string;
  buttons: HTMLElement;
  showStop(stop: Schemas['StopView']): void;
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
function doors({opening}: Schemas['StopView'], begins: string | undefined): string {
  if (!opening) {
    return '';
  }
  const isSoon = opening.until && begins && Date.parse(opening.until) - Date.parse(begins) < 24 * 3600 * 1000;
  const until = isSoon ? ` until ${opening.until?.slice(11, 16)}` : '';
  return {open: `, open${until}`, closed: `, closed${until}`, unknown: ', hours unknown'}[opening.state];
}

export function nameOf({name}: Schemas['StopView']): string {
  return name ?? 'A place without a name';
}

// Why the walk stops there.
function reason(stop: Schemas['StopView'], its: Schemas['Theme'][], liked: string[]): string | undefined {
  const names = its.filter(({id}) => liked.includes(id)).map(({name}) => name.toLowerCase());
  return names.length > 0 ? `Because you like ${listed(names)}.` : stop.reason;
}

function stopItem(stop: Schemas['StopView'], {walk, themes, liked, begins, showStop}: Walking): HTMLElement {
  const name = nameOf(stop);
  const its = themes.filter(({id}) => stop.theme_ids.includes(id));
  const visit = stop.visit_seconds > 0 ? `, stay ${minutes(stop.visit_seconds)}` : '';
  const leg = way(walk.details.legs[stop.position - 1], `to ${name}`);
  const why = reason(stop, its, liked);
  return el('li', {class: 'stop'}, leg,
    el('div', {class: 'place'}, el('b', {class: 'number', 'aria-hidden': 'true'}, String(stop.position)),
      el('div', {},
        el('h3', {}, button(name, () => showStop(stop), 'link')),
        el('p', {class: 'soft'}, `After ${minutes(stop.arrive_after_seconds)}${visit}${doors(stop, begins)}`),
        why && el('p', {class: 'why'}, why),
        stop.narrative && el('p', {}, stop.narrative),
        its.length > 0 && el('p', {class: 'tags'}, ...its.map(({name: theme}) => el('span', {class: `tag ${kindOf(theme)}`}, theme))))));
}

// All directions of a walk, by where they lead.
export function directions(walk: Walk): HTMLElement {
  const legs = walk.details.legs.map((leg, index) => {
    const stop = walk.pois[index];
    const to = stop ? `to ${nameOf(stop)}` : isRound(walk.path) ? 'back to the start' : 'to the end';
    return el('li', {}, el('h4', {}, `${distance(leg.distance_metres)} ${to}`),
      el('ol', {}, ...leg.steps.map((step) => el('li', {}, step.instruction, ' ', el('small', {}, distance(step.distance_metres))))));
  });
  return el('details', {class: 'directions'}, el('summary', {}, 'All directions'), el('ol', {}, ...legs));
}

// True if the walk ends where it begins.
function isRound({coordinates}: Walk['path']): boolean {
  const [start, end] = [coordinates[0] ?? [], coordinates.at(-1) ?? []];
  return start.every((value, axis) => Math.abs(value - (end[axis] ?? 0)) < 0.0002);
}

export function walkView(walking: Walking): HTMLElement {
  const {walk, buttons} = walking;
  const home = isRound(walk.path) ? 'back to the start' : 'to the end';
  const last = way(walk.details.legs[walk.pois.length], home);
  const about = `${count(walk.pois.length, 'stop')} in ${minutes(walk.duration_seconds)}`;
  return el('section', {id: 'walk'},
    el('h2', {tabindex: -1}, walk.name ?? about),
    walk.name && el('p', {class: 'soft'}, about),
    figures(walk),
    buttons,
    el('ol', {id: 'stops', class: 'stops'}, ...walk.pois.map((stop) => stopItem(stop, walking))),
    last && el('div', {class: 'last'}, last),
    el('p', {class: 'soft'}, last ? `Then you are ${home.replace('to the', 'at the')}.` : ''),
    el('p', {class: 'credit'}, walk.attribution));
}
